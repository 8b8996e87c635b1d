import { english } from "./en";

/** What all pages but the first say, in English. Each of them imports this file. */
export const enPages = {
  save: "Save changes", back: "Back to all tickets",

  emptyTitle: "Nothing on sale right now", emptyText: "New tickets appear here the moment somebody lists one.", emptySell: "Sell a ticket",
  noResultsTitle: "Nothing found for “{q}”", noResultsText: "Try another word, or look at everything that is on sale.", showAll: "Show everything", noMatchTitle: "Nothing matches these filters",

  when: "When", listedAt: "On sale since", where: "Where", yourSeat: "Seat",
  buy: "Buy this ticket", buying: "Reserving…", buyText: "It is held for you while you pay. You are charged only once it is yours.",
  ownTicket: "This is your ticket.", editTicket: "Edit", withdraw: "Withdraw", youAreBuying: "You are buying this ticket", youBought: "You bought this ticket", goToOrder: "Go to your order",
  ticketHeld: "Somebody is buying this ticket", ticketHeldText: "It comes back if they do not pay in time. This page shows it at once.",
  ticketSold: "This ticket is sold", ticketSoldText: "Others may have a seat for the same event.",
  ticketWithdrawn: "The seller has withdrawn this ticket", ticketStarted: "The event has begun",
  status_available: "For sale", status_held: "Being bought", status_sold: "Sold", status_withdrawn: "Withdrawn",
  status_created: "Reserving", status_awaiting_payment: "To be paid", status_complete: "Paid", status_cancelled: "Cancelled",

  timeline: "What happened", happened_created: "Ordered", happened_held: "Held for you", happened_paid: "Paid", happened_cancelled: "Cancelled", happened_refunded: "Refunded",
  receipt: "Receipt", receiptFor: "For", paidAt: "Paid", buyer: "Buyer", seller: "Seller", total: "Total", print: "Print",
  noReceipt: "There is no receipt yet", noReceiptText: "There is one once the order is paid.",
  show: "Show", show_all: "All orders", show_open: "To be paid", show_paid: "Paid", show_cancelled: "Cancelled", noneShown: "No such orders", noneShownText: "None of your orders is in this state.",
  orderTitle: "Your order", orderCreated: "Holding the ticket for you…", orderCreatedText: "This takes a moment.",
  timeLeft: "Time left to pay", timeLeftSpoken: "{minutes} minutes and {seconds} seconds left to pay", timeOver: "The time is over. Checking…",
  heldUntil: "Held until {time}", payTitle: "Payment", pay: "Pay {price}", paying: "Paying…", cancelOrder: "Cancel the order",
  cancelOrderTitle: "Give this ticket up?", cancelOrderText: "Others can buy it at once. You are not charged.", keepOrder: "Keep it", cancelOrderConfirm: "Cancel the order",
  testMode: "Test mode: no real money moves. Choose how the card behaves.", testCard: "Test card",
  card_visa: "Visa", card_visaHint: "Approved", card_mastercard: "Mastercard", card_mastercardHint: "Approved",
  card_declined: "Declined card", card_declinedHint: "Refused by the bank", card_funds: "Empty account", card_fundsHint: "Not enough money",
  card_secure: "3-D Secure", card_secureHint: "The bank asks you to confirm",
  challengeTitle: "Your bank wants to know that it is you", challengeText: "Confirm the payment on your bank’s page, then come back here.", challengeOpen: "Open my bank’s page",
  challengeWaiting: "Waiting for your bank…", confirming: "Payment approved. Making sure the ticket is yours…",
  complete: "It’s yours. Enjoy!", completeText: "{price} was paid with your card. You find this order under Orders.", orderNumber: "Order number",
  refundedTitle: "Refunded", refundedText: "{price} was given back to your card. It can take some days until your bank shows it.",
  cancelledTitle: "This order is cancelled", notCharged: "You were not charged.",
  reason_cancelled_by_buyer: "You cancelled it.", reason_expired: "The time to pay was over.",
  reason_ticket_changed: "The seller changed the ticket while it was being reserved.", reason_payment_failed: "The payment did not go through.", reason_hold_limit: "You already had as many unpaid orders as one may have at once.", reason_abandoned: "The reservation was not finished.",
  tryTicketAgain: "Look at the ticket again", browse: "See what is on sale",
  ordersTitle: "Your orders", ordersEmpty: "No orders yet", ordersEmptyText: "Tickets that you reserve or buy are listed here.",
  payBefore: "Pay before {time}",

  sellTitle: "Sell a ticket", sellIntro: "It is on sale the moment you list it.", listIt: "List the ticket", listing: "Listing…", listed: "Your ticket is on sale.",
  titleLabel: "Title", titleHint: "What is it? For example: two words a buyer would search for", priceLabel: "Your price", currencyLabel: "Currency",
  faceLabel: "Face value", faceHint: "What is printed on the ticket. Buyers like to know.", optional: "optional",
  aboutEvent: "The event", eventName: "Event", venue: "Venue", city: "City", starts: "Begins", zone: "Time zone", aboutSeat: "The seat", sectionLabel: "Section", rowLabel: "Row", numberLabel: "Seat",
  editTitle: "Edit your ticket", saving: "Saving…", saved: "Your changes are saved.", notEditable: "This ticket cannot be edited now.",
  withdrawTitle: "Withdraw this ticket?", withdrawText: "It disappears from the market for good.", withdrawConfirm: "Withdraw it", withdrawn: "Your ticket is withdrawn.", keepTicket: "Keep it on sale",
  mineTitle: "My tickets", mineEmpty: "You sell nothing yet", mineEmptyText: "Plans changed? Somebody would love your seat.", comesBack: "Comes back at {time} if unpaid",
  fromDay: "From", toDay: "To", minPrice: "Price from", maxPrice: "Price to", anyCurrency: "Any",

  yourTicket: "Your ticket", passText: "Show this code at the door. It admits one person, once.", passPicture: "Your ticket as a QR code", passUsed: "It was used at {time}.",
  codePicture: "The code on the seller’s ticket as a QR code", codeText: "This is the code that is printed on the ticket.", downloadTicket: "Download the ticket ({size})",
  similar: "Also on sale",

  attachTitle: "The ticket itself", attachHint: "Nobody sees it until it is paid. Then the buyer gets it at once.", attachFile: "As a file", attachFileHint: "PDF, PNG or JPEG, up to 200 KB",
  attachCode: "Or the code that is printed on it", attachedNow: "It is attached", download: "Download", removeAttachment: "Remove it", removing: "Removing…",
  saveAttachment: "Attach it", replaceAttachment: "Replace it", listedNotAttached: "Your ticket is on sale, but the file or code could not be attached. Please try again below.",
  fileKind: "Please choose a PDF, PNG or JPEG file.", fileTooLarge: "A file can have at most 200 KB.", fileEmpty: "This file is empty.",

  changePassword: "Change the password", changePasswordText: "You stay signed in here, and are signed out everywhere else.", currentPassword: "Current password", newPassword: "New password",
  passwordChanged: "Your password is changed.", passwordSame: "Please choose another one than the current.", currentWrong: "This is not your current password.", tryAgain: "It was being changed at this very moment. Please try again.",
  deleteAccount: "Delete the account", deleteAccountText: "Your e-mail address and your password are forgotten, and you are signed out everywhere.",
  deleteTitle: "Delete your account for good?", deleteText: "This cannot be undone. Tickets that you have bought can no longer be opened here: download them first.", deleteConfirm: "Delete for good", keepAccount: "Keep it",
  accountDeleted: "Your account is deleted, and you are signed out.", accountLive: "Not yet: something of yours is still under way",
  liveListings: "You have tickets for sale, or held by a buyer. Withdraw them, or wait until they are sold:", liveOrders: "You have unpaid orders. Pay or cancel them first:",

  operatorTitle: "Payments", operatorText: "Find an order’s payment, and give the money back.", operatorOnly: "This page is for operators", operatorOnlyText: "Your account may not see other people’s payments.",
  orderNumberHint: "The buyer finds it on their order’s page.", findPayment: "Find the payment", noPayment: "There is no payment", noPaymentText: "Either nobody has begun to pay this order, or there is no such order.",
  paymentBegun: "Begun", paymentDisputed: "The buyer’s bank has asked for the money back.", refund: "Refund {price}", refundTitle: "Refund {price}?",
  refundText: "The buyer gets all of it back. The ticket stays sold.", keepPayment: "Do not refund",
  payment_authorizing: "Asking the bank", payment_requires_action: "The buyer’s bank asks them", payment_authorized: "Approved, not charged yet", payment_captured: "Charged",
  payment_voided: "Let go, never charged", payment_failed: "Failed", payment_refunded: "Refunded",

  emailLabel: "E-mail address", passwordLabel: "Password", passwordHint: "At least 8 characters; a sentence is best",
  signInTitle: "Welcome back", signInText: "Sign in to buy and to sell.", signUpTitle: "Create your account", signUpText: "All it takes is an e-mail address.",
  noAccount: "New here?", haveAccount: "Already have an account?", signingIn: "Signing in…", signingUp: "Creating…", sessionOver: "Please sign in to go on. You come back to where you were.",

  notFoundTitle: "There is no such page", notFoundText: "The link may be old, or a letter is missing.", ticketGone: "There is no such ticket", orderGone: "There is no such order",
  wrongCredentials: "The e-mail address or the password is wrong.", emailInUse: "This e-mail address has an account already. Please sign in instead.",
  holdLimit: "You have as many unpaid orders as one may have at once. Please pay or cancel one first.",
  reservedByOther: "Somebody else was faster. The ticket comes back if they do not pay in time.", changedMeanwhile: "The ticket was changed meanwhile. The form now shows its newest state.", beingBought: "Somebody is buying this ticket right now; it cannot be changed.",
  declined: "The card was declined. Please try another one.", declinedFunds: "There is not enough money on this card’s account. Please try another one.", notPayable: "This order cannot be paid any more.", alreadyPaid: "This order is paid; it cannot be cancelled any more.",
  required: "Please fill this in.", emailMalformed: "Please give a valid e-mail address.", passwordShort: "At least 8 characters, please.", startMissing: "Please say when it begins.", startPast: "The event has begun already.",
  amountMissing: "Please give a price.", amountMalformed: "Please give an amount such as 42.00.", amountTooPrecise: "This currency has fewer decimal places.", amountZero: "The price must be more than zero.", amountTooMuch: "This is more than can be paid by card.",
};

Object.assign(english, enPages);
