import type { Client } from "openapi-fetch";
import { serverClock } from "../clock/server-clock";
import { Refusal, refusalOf } from "./refusal";
import type { components, paths } from "./schema";

export type Ticket = components["schemas"]["Ticket"];
export type TicketTerms = components["schemas"]["TicketTerms"];
export type TicketPage = components["schemas"]["TicketPage"];
export type Event = components["schemas"]["Event"];
export type Seat = components["schemas"]["Seat"];
export type Order = components["schemas"]["Order"];
export type Happening = components["schemas"]["OrderHappening"];
export type Receipt = components["schemas"]["Receipt"];
export type OrderPage = components["schemas"]["OrderPage"];
export type Payment = components["schemas"]["Payment"];
export type Money = components["schemas"]["Money"];
export type Attachment = components["schemas"]["Attachment"];
export type User = components["schemas"]["User"];

interface Call {
  params?: { path?: Record<string, string>; query?: Record<string, string | number | string[] | undefined>; header?: Record<string, string> };
  body?: unknown;
  signal?: AbortSignal;
}

/** Sends one kind of request, and learns the server's time from the answer's Date header. */
function sender(method: string) {
  return async (template: string, { params = {}, body, signal }: Call = {}): Promise<Result<unknown>> => {
    const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params.path?.[name] ?? ""));
    const query = Object.entries(params.query ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
    const sent = Date.now();
    const response = await fetch(query.length > 0 ? `${path}?${new URLSearchParams(query)}` : path, {
      method, signal: signal ?? null, headers: { ...params.header, ...(body !== undefined && { "Content-Type": body instanceof Blob ? body.type : "application/json" }) },
      body: body === undefined ? null : body instanceof Blob ? body : JSON.stringify(body),
    });
    const date = response.headers.get("Date");
    if (date) serverClock.observe(Date.parse(date), sent, Date.now());
    const content: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined);
    return response.ok ? { data: content, response } : { error: content, response };
  };
}

/**
 * The API, typed by its OpenAPI document. The types are openapi-fetch's; its code is left out, as the first page needs a
 * tenth of it and has no room to spare.
 */
export const api = {
  GET: sender("GET"), POST: sender("POST"), PUT: sender("PUT"), DELETE: sender("DELETE"),
} as unknown as Pick<Client<paths>, "GET" | "POST" | "PUT" | "DELETE">;

interface Result<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a successful answer. Anything else is thrown as a Refusal. */
export async function answer<T>(call: Promise<Result<T>>): Promise<T> {
  let result: Result<T>;
  try {
    result = await call;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new Refusal(0, []);
  }
  if (!result.response.ok) throw refusalOf(result.response.status, result.error);
  return result.data as T;
}
