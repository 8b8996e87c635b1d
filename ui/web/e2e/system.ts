// Runs the whole system for the tests, or takes the one at USHER_URL: started with ORDER_TTL=30s, and with OPERATORS naming the
// account of USHER_OPERATOR, which has the password of people.ts. USHER_BROKER says where its Broker answers, if that can be reached.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { password } from "./password";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    url: string;
    /** The e-mail address of an account that may refund. */
    operator: string;
    /** Where the Broker answers, host and port; empty where that is not known. */
    broker: string;
  }
}

/** How long a buyer has to pay: short enough to wait for its end, long enough to buy in. */
const orderTTL = "30s";

/** How long the system may take to start, in milliseconds: it builds all functions first. */
const patience = 8 * 60_000;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env["USHER_URL"];
  if (given) {
    project.provide("url", given.replace(/\/$/, ""));
    project.provide("operator", process.env["USHER_OPERATOR"] ?? "operator@example.com");
    project.provide("broker", process.env["USHER_BROKER"] ?? "");
    return async () => {};
  }
  const folder = await mkdtemp(join(tmpdir(), "usher-web-"));
  const root = join(import.meta.dirname, "..", "..", "..");
  const binary = join(folder, "local");
  await finished(spawn("go", ["build", "-o", binary, "./knative/cmd/local"], { cwd: root, stdio: "inherit" }));
  const run = async (...more: string[]) => {
    const system = spawn(binary, ["-port", "0", "-data", join(folder, "data"), "-order-ttl", orderTTL, ...more], { cwd: root });
    const ended = finished(system);
    const stop = async () => {
      system.kill("SIGTERM");
      await ended.catch(() => {});
    };
    return { url: await address(system, ended), stop };
  };
  // Operators are named by the ids of their accounts, so that one must be there before the system starts that knows them.
  const before = await run();
  const operator = "operator@example.com";
  const id = await account(before.url, operator);
  await before.stop();
  const system = await run("-operators", id);
  project.provide("url", system.url);
  project.provide("operator", operator);
  project.provide("broker", await brokerOf(join(folder, "data")));
  return async () => {
    await system.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

/** Opens an account, and says its id. */
async function account(url: string, email: string): Promise<string> {
  const response = await fetch(`${url}/api/users/signup`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email, password }),
  });
  if (!response.ok) throw new Error(`sign up: ${response.status} ${await response.text()}`);
  const { user } = (await response.json()) as { user: { id: string } };
  return user.id;
}

/** Where the Broker of the system with this data answers. */
async function brokerOf(data: string): Promise<string> {
  const processes = JSON.parse(await readFile(join(data, "processes.json"), "utf8")) as { name: string; address: string }[];
  return processes.find((p) => p.name === "broker")?.address ?? "";
}

type Child = ReturnType<typeof spawn>;

function finished(child: Child): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`${child.spawnargs[0]} ended with ${code}`))));
  });
}

/** The address that the system says it is ready at. */
function address(system: Child, ended: Promise<void>): Promise<string> {
  let log = "";
  const ready = new Promise<string>((resolve, reject) => {
    const read = (text: Buffer) => {
      log += text.toString();
      const found = /ready after [^:]+: (http:\/\/\S+)/.exec(log)?.[1];
      if (found) resolve(found);
    };
    system.stdout?.on("data", read);
    system.stderr?.on("data", read);
    setTimeout(() => reject(new Error(`the system did not become ready:\n${log}`)), patience).unref();
  });
  return Promise.race([ready, ended.then(() => Promise.reject(new Error(`the system ended:\n${log}`)))]);
}
