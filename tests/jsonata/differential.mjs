// Ours against the official engine on generated pairs: node differential.mjs TOOL MODULES [--count N]
// [--seed N] [--mutate]. Every difference that no rule of known_differences.mjs explains fails the test.
import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { Generator } from "./generate.mjs";
import { explain } from "./known_differences.mjs";
import { Mutator } from "./mutate.mjs";
import { loadOfficial } from "./official.mjs";

const [tool, modules, ...rest] = process.argv.slice(2);
const option = (name, fallback) => {
  const at = rest.indexOf(name);
  return at < 0 ? fallback : Number(rest[at + 1]);
};
const count = option("--count", 20000);
const seed = option("--seed", 1);
const shown = option("--show", 20);
const jsonata = loadOfficial(modules);
// The official engine's own guards; a pair that meets one is left out, ours has other limits.
const guards = { timeout: 3000, stack: 900, sequence: 200_000 };
const GUARD_CODES = ["D1011", "D1012", "D2015"];
process.env.TZ = "UTC";

// Values as JSON sees them: functions are null inside, what is not finite is null, -0 is 0.
const isFunction = (value) => typeof value === "function" || (value !== null && typeof value === "object" && (value._jsonata_lambda || value._jsonata_function));
const plain = (value) => JSON.parse(JSON.stringify(value, (key, inner) => (isFunction(inner) ? null : inner)));
const ordered = (value) => {
  if (Array.isArray(value)) return value.map(ordered);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, ordered(value[key])]));
};
const outcome = (answer) => ("code" in answer ? { code: answer.code } : "result" in answer ? { result: JSON.stringify(ordered(answer.result)) } : {});

async function official(expr, data) {
  try {
    const input = data === undefined ? undefined : JSON.parse(JSON.stringify(data));
    const value = await jsonata(expr, guards).evaluate(input);
    if (value === undefined) return {};
    if (isFunction(value)) return { code: "U1006" };
    return { result: plain(value) };
  } catch (error) {
    return error.code === undefined ? { crash: String(error.message ?? error) } : { code: error.code, message: String(error.message) };
  }
}

const child = spawn(tool, ["serve"], { stdio: ["pipe", "pipe", "inherit"] });
const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const generator = rest.includes("--mutate") ? new Mutator(seed, path.dirname(fileURLToPath(import.meta.url))) : new Generator(seed);
const explained = new Map();
let same = 0;
let guarded = 0;
let wrong = 0;
for (let i = 0; i < count; ++i) {
  const { expr, data } = generator.pair();
  const theirs = await official(expr, data);
  if (GUARD_CODES.includes(theirs.code)) {
    ++guarded;
    continue;
  }
  child.stdin.write(JSON.stringify({ expr, ...(data === undefined ? {} : { data }) }) + "\n");
  const line = await answers.next();
  if (line.done) {
    console.log(`our engine ended at\n  ${expr}\n  ${JSON.stringify(data)}`);
    process.exit(1);
  }
  const ours = JSON.parse(line.value);
  const [left, right] = [outcome(ours), "crash" in theirs ? theirs : outcome(theirs)];
  if (!("crash" in right) && left.code === right.code && left.result === right.result) {
    ++same;
    continue;
  }
  const why = explain(expr, data, left, right);
  if (why !== null) {
    explained.set(why, (explained.get(why) ?? 0) + 1);
    continue;
  }
  if (++wrong <= shown) console.log(`pair ${i} of seed ${seed}\n  ${expr}\n  ${JSON.stringify(data)?.slice(0, 400)}\n  ours     ${JSON.stringify(left)}\n  official ${JSON.stringify(right)} ${theirs.message ?? ""}`);
}
child.stdin.end();
for (const [why, times] of explained) console.log(`${times} explained: ${why}`);
console.log(`${count} pairs, ${same} the same, ${guarded} left out by a guard, ${wrong} different without a reason`);
process.exit(wrong === 0 ? 0 : 1);
