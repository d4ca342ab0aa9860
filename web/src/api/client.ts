// The API, typed by its contract: paths, parameters, bodies and answers come from schema.d.ts, which is made of
// contracts/openapi.json (`npm run api`) and never edited. Every error is a problem document.

import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];
export type Api = Client<paths>;

/** The server said no; `problem.type` is the address of a page that says what to do. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(`${problem.title} (${problem.code})`);
    this.name = "ApiProblem";
  }
}

export interface ApiOptions {
  /** Of the server, without /api/v1; empty in a page that the server gave. */
  url: string;
  token: string;
}

export function createApi({ url, token }: ApiOptions): Api {
  return createClient<paths>({
    baseUrl: url,
    headers: { Authorization: `Bearer ${token}` },
    // Lists are words with commas, everywhere in the contract.
    querySerializer: { array: { style: "form", explode: false } },
  });
}

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The answer's data; throws ApiProblem when the server said no. */
export async function take<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await call;
  if (response.ok) return data as Data;
  throw new ApiProblem(response.status, problemOf(error, response.status));
}

function problemOf(error: unknown, status: number): Problem {
  if (typeof error === "object" && error !== null && "code" in error) return error as Problem;
  // A proxy between us and the server answers in its own way.
  return { type: "about:blank", title: `the answer has status ${status}`, status, code: "SERVER_ANSWER" };
}
