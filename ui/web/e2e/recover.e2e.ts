import { expect, test } from "vitest";
import { eventually, person, signUp } from "./browser";
import { fresh, url } from "./people";

/** The links in the mails to an address, the newest first; the local system shows its mails to this machine. */
async function links(email: string): Promise<string[]> {
  const page = await (await fetch(`${url}/_mail`)).text();
  const names = [...page.matchAll(/\/_mail\/([\w.-]*password-lost[\w.-]*\.eml)/g)].map((m) => m[1] ?? "");
  const found: string[] = [];
  for (const name of new Set(names)) {
    const mail = (await (await fetch(`${url}/_mail/${name}`)).text()).replaceAll("=\n", "").replaceAll("=\r\n", "");
    const link = /\S+\/recover#[\w.-]+/.exec(mail.replaceAll("=3D", "="))?.[0];
    if (mail.includes(email) && link) found.push(link);
  }
  return found;
}

test("who forgot the password sets a new one by a mail, once", async () => {
  const page = await person();
  const email = await signUp(page);
  await page.context().clearCookies();
  await page.goto("/sign-in");
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await page.getByRole("heading", { name: "Forgot your password?" }).waitFor();
  const address = page.getByLabel("E-mail address");
  const send = page.getByRole("button", { name: "Send the mail" });
  await send.click();
  await page.getByText("Please fill this in.").waitFor();
  expect(await address.getAttribute("aria-invalid")).toBe("true");
  await address.fill(email);
  await send.click();
  await page.getByRole("status").filter({ hasText: `If ${email} has an account` }).waitFor();
  await eventually(async () => (await links(email)).length, 1);
  const [link = ""] = await links(email);

  const other = await person(); // on another device
  await other.goto(link);
  const next = other.getByLabel("New password");
  const set = other.getByRole("button", { name: "Set the password" });
  await next.fill("short");
  expect(other.url()).toBe(`${url}/recover`); // what lets one in does not stay in the address
  await set.click();
  await other.getByText("At least 8 characters, please.").waitFor();
  await next.fill("iloveyou");
  await set.click();
  await other.getByText("This is one of the most common passwords").waitFor();
  const chosen = `staple apple ${fresh()}`;
  await next.fill(chosen);
  await set.click();
  await other.getByRole("status").filter({ hasText: "Your password is changed." }).waitFor();
  await other.getByRole("link", { name: "Account" }).waitFor();

  await page.goto(link); // by the same link again
  await page.getByLabel("New password").fill("once more, once more");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByRole("alert").filter({ hasText: "This link is not valid any more" }).waitFor();
  await page.getByRole("link", { name: "Sign in" }).last().click();
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(chosen);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "Account" }).waitFor();
});
