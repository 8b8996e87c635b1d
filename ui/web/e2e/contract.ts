// Holds what the system answers to the OpenAPI document: the status must be described, and the body must have its shape
// and not a field more.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

interface Content {
  schema?: object;
}

interface Response {
  $ref?: string;
  content?: Record<string, Content>;
}

interface Operation {
  operationId: string;
  responses: Record<string, Response>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Record<string, Response> };
}

interface Shape {
  $ref?: string;
  properties?: object;
  required?: string[];
}

const written = JSON.parse(readFileSync(join(import.meta.dirname, "..", "..", "openapi", "openapi.json"), "utf8")) as {
  components: { schemas: Record<string, Shape> };
};
const document = closed(written) as Document;
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ $id: "https://usher.example/api", ...document });

/** The same document, in which no object may have fields that are not described. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== "object" || node === null) return node;
  if ("allOf" in node && Array.isArray(node.allOf)) return closed(together(node.allOf));
  const copy: Record<string, unknown> = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, closed(value)]));
  if (copy["type"] === "object" && copy["properties"] && copy["additionalProperties"] === undefined) copy["additionalProperties"] = false;
  return copy;
}

/** The object that several describe together: closed one by one, each would refuse the fields of the others. */
function together(shapes: Shape[]): object {
  const all = shapes.map((shape) => written.components.schemas[shape.$ref?.split("/").at(-1) ?? ""] ?? shape);
  return {
    type: "object",
    properties: Object.assign({}, ...all.map((shape) => shape.properties)),
    required: all.flatMap((shape) => shape.required ?? []),
  };
}

const token = (name: string) => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** The operation of a request: a path without parameters goes before one with. */
function operationOf(method: string, path: string): [template: string, operation: Operation] | undefined {
  const fits = (template: string) => new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path);
  const templates = Object.keys(document.paths).filter(fits).toSorted((a, b) => Number(a.includes("{")) - Number(b.includes("{")));
  for (const template of templates) {
    const operation = document.paths[template]?.[method.toLowerCase()];
    if (operation) return [template, operation];
  }
  return undefined;
}

/** What is wrong with an answer, if anything; the first line says which operation it was. */
export function breach(method: string, path: string, status: number, kind: string, body: string): string | undefined {
  const found = operationOf(method, path);
  if (!found) return status === 404 || status === 405 ? undefined : `${method} ${path} is not described, but answered ${status}`;
  const [template, operation] = found;
  let place = `/paths/${token(template)}/${method.toLowerCase()}/responses/${status}`;
  let response = operation.responses[status];
  const named = response?.$ref?.split("/").at(-1);
  if (named) {
    place = `/components/responses/${named}`;
    response = document.components.responses[named];
  }
  const what = `${operation.operationId}: ${status}`;
  if (!response) return `${what} is not described: ${body}`;
  if (!response.content) return body === "" ? undefined : `${what} has a body: ${body}`;
  const media = kind.split(";")[0] ?? "";
  if (!response.content[media]?.schema) return `${what} is ${kind}, not ${Object.keys(response.content).join()}`;
  if (!media.endsWith("json")) return undefined; // a picture or a file
  const check = ajv.compile({ $ref: `https://usher.example/api#${place}/content/${token(media)}/schema` });
  return check(JSON.parse(body)) ? undefined : `${what}: ${ajv.errorsText(check.errors)} in ${body}`;
}
