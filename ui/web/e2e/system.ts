// Runs the whole system for the tests, or takes the one at USHER_URL (started with -order-ttl 20s).
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    url: string;
  }
}

/** How long a buyer has to pay: short enough to wait for its end, long enough to buy in. */
const orderTTL = "20s";

/** How long the system may take to start, in milliseconds: it builds all functions first. */
const patience = 8 * 60_000;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env["USHER_URL"];
  if (given) {
    project.provide("url", given.replace(/\/$/, ""));
    return async () => {};
  }
  const folder = await mkdtemp(join(tmpdir(), "usher-web-"));
  const root = join(import.meta.dirname, "..", "..", "..");
  const binary = join(folder, "local");
  await finished(spawn("go", ["build", "-o", binary, "./knative/cmd/local"], { cwd: root, stdio: "inherit" }));
  const system = spawn(binary, ["-port", "0", "-data", join(folder, "data"), "-order-ttl", orderTTL], { cwd: root });
  const ended = finished(system);
  project.provide("url", await address(system, ended));
  return async () => {
    system.kill("SIGTERM");
    await ended.catch(() => {});
    await rm(folder, { recursive: true, force: true });
  };
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
