import { test } from "vitest";
import { listed, person, signUp } from "./browser";

test("an order ends when its time is over, says so, and charges nobody", async () => {
  const { id } = await listed();
  const buyer = await person();
  await signUp(buyer);
  await buyer.goto(`/tickets/${id}`);
  await buyer.getByRole("button", { name: "Buy this ticket" }).click();
  await buyer.getByRole("timer").waitFor();
  await buyer.getByText("This order is cancelled").waitFor({ timeout: 45_000 });
  await buyer.getByText("The time to pay was over. You were not charged.").waitFor();
  await buyer.getByRole("link", { name: "Look at the ticket again" }).click();
  await buyer.getByRole("button", { name: "Buy this ticket" }).waitFor();
});
