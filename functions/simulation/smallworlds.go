package simulation

var (
	buys      = Person{Steps: []Step{{Do: Order}, {Do: Pay, Method: "pm_card_visa"}}}
	takes     = Person{Steps: []Step{{Do: Order}}}
	grabs     = Person{Steps: []Step{{Do: Grab}}}
	drops     = Person{Steps: []Step{{Do: Order}, {Do: Cancel}}}
	edits     = Person{Seller: true, Steps: []Step{{Do: Edit, Price: 4300}}}
	takesBack = Person{Seller: true, Steps: []Step{{Do: Withdraw}}}
)

// SmallWorlds are worlds of which every schedule is tried. Most take seconds; the command
// tries the large ones to their end, and all with wider bounds.
var SmallWorlds = []SmallWorld{
	{Name: "TwoBuyers", People: []Person{takes, takes}, Switches: 1},
	{Name: "EditAndOrder", People: []Person{edits, takes}, Switches: 1},
	{Name: "WithdrawAndOrder", People: []Person{takesBack, takes}, Switches: 1},
	{Name: "TwoAtOnceOneHold", People: []Person{grabs}, Tickets: 2, MaxHolds: 1, Switches: 1, Large: true},
	{Name: "CancelAndExpiry", People: []Person{drops}, Expiry: true, Large: true},
	{Name: "EditAndCancelAndTwoCrashes", People: []Person{edits, drops}, Crashes: 2, Large: true},
	{Name: "CancelAndCrash", People: []Person{drops}, Crashes: 1},
	{Name: "PayAndExpiry", People: []Person{buys}, Expiry: true, Large: true},
	{Name: "PayAndCrash", People: []Person{buys}, Crashes: 1},
	{Name: "PayAndWebhook", People: []Person{buys}, Webhooks: true},
	{Name: "TwoBuyersOneCancels", People: []Person{drops, takes}, Large: true},
	{Name: "TwoBuyersOnePaymentOneExpiry", People: []Person{buys, takes}, Expiry: true, Large: true},
}
