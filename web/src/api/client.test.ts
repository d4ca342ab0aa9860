// Against a real server: FERMATA_SERVER and FERMATA_TOKEN say where. Started by tests/contract/client.py.
import assert from "node:assert/strict";
import { env } from "node:process";
import { test } from "node:test";
import { ApiProblem, createApi, take, type Schemas } from "./client.js";

const api = createApi({ url: env["FERMATA_SERVER"] ?? "", token: env["FERMATA_TOKEN"] ?? "" });
const id = "typed-client";
const definition = {
  id,
  version: 1,
  name: "Typed client",
  payloadSchemaRef: "payload.Any.v1",
  steps: [{ id: "done", type: "control.return" }],
};

test("publishes, launches and watches a run", async () => {
  const published = await take(api.POST("/api/v1/workflows", { body: definition }));
  assert.equal(published.workflowId, id);
  const launched = await take(
    api.POST("/api/v1/workflows/{id}/runs", { params: { path: { id } }, body: { payload: {} } }),
  );
  const path = { id: launched.runId };
  let run: Schemas["Run"];
  do {
    run = await take(api.GET("/api/v1/runs/{id}", { params: { path } }));
  } while (run.status === "RUNNING");
  assert.equal(run.status, "SUCCEEDED");
  const page = await take(
    api.GET("/api/v1/runs", { params: { query: { workflowId: id, status: ["SUCCEEDED", "FAILED"], limit: 5 } } }),
  );
  assert.deepEqual(page.items.map((item) => item.runId), [launched.runId]);
});

test("throws what the server says of a refusal", async () => {
  const refused = take(api.GET("/api/v1/runs/{id}", { params: { path: { id: "there-is-none" } } }));
  await assert.rejects(refused, (problem: unknown) => {
    assert.ok(problem instanceof ApiProblem);
    assert.deepEqual([problem.status, problem.problem.code], [404, "NOT_FOUND"]);
    return true;
  });
});

// What does not fit the contract does not compile.
export async function mistakes(): Promise<void> {
  // @ts-expect-error: there is no such route
  await api.GET("/api/v1/nothing");
  // @ts-expect-error: the path needs its id
  await api.GET("/api/v1/runs/{id}", {});
  // @ts-expect-error: no such status
  await api.GET("/api/v1/runs", { params: { query: { status: ["DONE"] } } });
}
