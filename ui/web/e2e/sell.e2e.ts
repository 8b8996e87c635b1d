import { expect, test } from "vitest";
import { eventually, listed, person, signUp } from "./browser";
import { password } from "./people";

test("a ticket is listed in German, edited and withdrawn", async () => {
  const seller = await person({ locale: "de-DE", timezoneId: "Europe/Berlin" });
  await signUp(seller);
  await seller.goto("/sell");
  await seller.getByLabel("Titel").fill("Logenplatz");
  await seller.getByLabel("Dein Preis").fill("1.042,50");
  await seller.getByLabel("Währung").selectOption("EUR");
  await seller.getByLabel("Veranstaltung", { exact: true }).fill("Zauberflöte");
  await seller.getByLabel("Beginn").fill("2027-02-05T19:30");
  await seller.getByLabel("Zeitzone").selectOption("America/Chicago");
  await seller.getByRole("button", { name: "Ticket anbieten" }).click();
  await seller.waitForURL("**/mine");
  await seller.getByRole("status").filter({ hasText: "Dein Ticket ist im Angebot." }).waitFor();
  await seller.getByText("1.042,50 €").waitFor();

  await seller.getByRole("link", { name: "Zauberflöte" }).click();
  expect(await seller.getByLabel("Beginn").inputValue()).toBe("2027-02-05T19:30");
  await seller.getByLabel("Dein Preis").fill("990");
  await seller.getByRole("button", { name: "Änderungen speichern" }).click();
  await seller.waitForURL("**/mine");
  await seller.getByText("990,00 €").waitFor();

  await seller.getByRole("link", { name: "Zauberflöte" }).click();
  await seller.getByRole("button", { name: "Zurückziehen" }).click();
  await seller.getByRole("dialog").getByRole("button", { name: "Zurückziehen" }).click();
  await seller.waitForURL("**/mine");
  await seller.getByText("Zurückgezogen", { exact: true }).waitFor();
});

test("what is wrong stands at its field, and the first one has the focus", async () => {
  const seller = await person();
  await signUp(seller);
  await seller.goto("/sell");
  await seller.getByLabel("Your price").fill("ten");
  await seller.getByLabel("Event", { exact: true }).fill("Concert");
  await seller.getByRole("button", { name: "List the ticket" }).click();
  const title = seller.getByLabel("Title");
  await seller.getByText("Please fill this in.").waitFor();
  expect(await title.getAttribute("aria-invalid")).toBe("true");
  expect(await title.evaluate((input) => input === document.activeElement)).toBe(true);
  await seller.getByText("Please give an amount such as 42.00.").waitFor();
  await seller.getByText("Please say when it begins.").waitFor();
  await title.fill("Concert");
  expect(await title.getAttribute("aria-invalid")).toBeNull();
});

test("what is wrong with all of a long form is brought into sight", async () => {
  const seller = await person({ viewport: { width: 390, height: 664 } });
  await signUp(seller);
  await seller.goto("/sell");
  await seller.getByLabel("Title").fill("Concert");
  await seller.getByLabel("Your price").fill("10");
  await seller.route("**/api/tickets", (route) => route.abort("failed"));
  await seller.getByRole("button", { name: "List the ticket" }).click();
  const said = seller.getByRole("alert").filter({ hasText: "cannot be reached" });
  await said.waitFor();
  await eventually(() => said.evaluate((notice) => notice.getBoundingClientRect().top > 62 && notice.getBoundingClientRect().bottom < innerHeight), true);
});

test("what only the API knows to be wrong stands at its field too", async () => {
  const seller = await person();
  await signUp(seller);
  await seller.goto("/sell");
  await seller.getByLabel("Title").fill("Concert");
  await seller.getByLabel("Your price").fill("10");
  await seller.getByLabel("Event", { exact: true }).fill("Concert");
  await seller.getByLabel("Begins").fill("2099-01-01T20:00");
  await seller.getByRole("button", { name: "List the ticket" }).click();
  await seller.getByText("more than ten years away").waitFor();
  expect(await seller.getByLabel("Begins").getAttribute("aria-invalid")).toBe("true");
});

test("an edit of what was changed elsewhere begins again with the newest state", async () => {
  const seller = await person();
  await signUp(seller);
  const made = await seller.request.post("/api/tickets", { data: { title: "First", price: "10.00" } });
  const { id } = (await made.json()) as { id: string };
  // This tab hears of the change only after it has tried to save.
  let deaf = true;
  await seller.route(`**/api/tickets/${id}`, async (route) => {
    if (!deaf || route.request().method() !== "GET") {
      deaf = false;
      return route.continue();
    }
    const response = await route.fetch();
    return route.fulfill({ response, json: { ...((await response.json()) as object), title: "First", version: 1 } });
  });
  await seller.goto(`/tickets/${id}/edit`);
  await seller.getByLabel("Your price").fill("12");
  expect((await seller.request.put(`/api/tickets/${id}`, { data: { title: "Second", price: "11.00" } })).status()).toBe(200);
  await seller.getByRole("button", { name: "Save changes" }).click();
  await seller.getByText("The ticket was changed meanwhile").waitFor();
  expect(await seller.getByLabel("Title").inputValue()).toBe("Second");
  expect(await seller.getByLabel("Your price").inputValue()).toBe("11.00");
});

test("what is typed is not lost by looking elsewhere, or by a session that ends", async () => {
  const seller = await person();
  const email = await signUp(seller);
  await seller.goto("/sell");
  const title = seller.getByLabel("Title");
  await title.fill("Dress circle");
  await seller.getByLabel("Or the code that is printed on it").fill("ROW-A-1");
  await seller.getByRole("navigation").getByRole("link", { name: "Orders" }).click();
  await seller.getByText("No orders yet").waitFor();
  await seller.getByRole("navigation").getByRole("link", { name: "Sell" }).click();
  expect(await title.inputValue()).toBe("Dress circle");
  await seller.getByLabel("Your price").fill("42");
  await seller.context().clearCookies();
  await seller.getByRole("button", { name: "List the ticket" }).click();
  await seller.waitForURL("**/sign-in?next=%2Fsell");
  await seller.getByLabel("E-mail address").fill(email);
  await seller.getByLabel("Password").fill(password);
  await seller.getByRole("button", { name: "Sign in" }).click();
  await seller.waitForURL("**/sell");
  expect(await title.inputValue()).toBe("Dress circle");
  expect(await seller.getByLabel("Or the code that is printed on it").inputValue()).toBe("ROW-A-1");
  await seller.getByRole("button", { name: "List the ticket" }).click();
  await seller.getByRole("status").filter({ hasText: "Your ticket is on sale." }).waitFor();
  await seller.getByRole("navigation").getByRole("link", { name: "Sell" }).click();
  expect(await title.inputValue()).toBe("");
});

test("another person's ticket cannot be edited", async () => {
  const { id } = await listed();
  const stranger = await person();
  await signUp(stranger);
  await stranger.goto(`/tickets/${id}/edit`);
  await stranger.getByText("This is somebody else’s ticket.").waitFor();
  await stranger.getByRole("main").getByRole("link", { name: "Look at it" }).click();
  await stranger.getByRole("button", { name: "Buy this ticket" }).waitFor();
});

test("a ticket that does not exist says so where it would be edited, and leads on", async () => {
  const seller = await person();
  await signUp(seller);
  await seller.goto("/tickets/01a20a80-ba2b-79f3-8a7e-c8705efb03f2/edit");
  await seller.getByRole("heading", { level: 1, name: "There is no such ticket" }).waitFor({ state: "attached" });
  expect(await seller.title()).toBe("There is no such ticket · Usher");
  await seller.getByRole("main").getByRole("link", { name: "My tickets" }).click();
  await seller.getByText("You sell nothing yet").waitFor();
});

test("the ticket that its seller attaches reaches its buyer once it is paid", async () => {
  const seller = await person();
  await signUp(seller);
  await seller.goto("/sell");
  await seller.getByLabel("Title").fill("Balcony");
  await seller.getByLabel("Your price").fill("10");
  const file = seller.getByLabel("As a file");
  await file.setInputFiles({ name: "ticket.txt", mimeType: "text/plain", buffer: Buffer.from("hello") });
  await seller.getByText("Please choose a PDF, PNG or JPEG file.").waitFor();
  const pdf = Buffer.from("%PDF-1.4\n%%EOF\n");
  await file.setInputFiles({ name: "ticket.pdf", mimeType: "application/pdf", buffer: pdf });
  await seller.getByRole("button", { name: "List the ticket" }).click();
  await seller.waitForURL("**/mine");
  await seller.getByRole("link", { name: "Balcony" }).click();
  await seller.getByText("It is attached").waitFor();
  const id = /tickets\/([^/]+)/.exec(seller.url())?.[1] ?? "";

  const buyer = await person();
  await signUp(buyer);
  await buyer.goto(`/tickets/${id}`);
  await buyer.getByRole("button", { name: "Buy this ticket" }).click();
  await buyer.getByRole("button", { name: "Pay $10.00" }).click();
  const [download] = await Promise.all([buyer.waitForEvent("download"), buyer.getByRole("link", { name: "Download the ticket" }).click()]);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).equals(pdf)).toBe(true);
});

test("what is attached can be replaced and removed", async () => {
  const seller = await person();
  await signUp(seller);
  const { id } = (await (await seller.request.post("/api/tickets", { data: { title: "Box", price: "10.00" } })).json()) as { id: string };
  await seller.goto(`/tickets/${id}/edit`);
  await seller.getByLabel("Or the code that is printed on it").fill("ROW-A-1");
  await seller.getByRole("button", { name: "Attach it" }).click();
  await seller.getByText("ROW-A-1").waitFor();
  await seller.getByLabel("Or the code that is printed on it").fill("ROW-A-2");
  await seller.getByRole("button", { name: "Replace it" }).click();
  await seller.getByText("ROW-A-2").waitFor();
  await seller.getByRole("button", { name: "Remove it" }).click();
  await eventually(() => seller.getByText("It is attached").count(), 0);
  expect((await seller.request.get(`/api/tickets/${id}/attachment`)).status()).toBe(404);
});
