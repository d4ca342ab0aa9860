// The official engine on the benchmark set: node official.mjs MODULES BENCH_JSON DOCUMENTS. One JSON
// line a case; best of five batches of 0.12 s after one to get warm, each evaluation awaited.
import fs from "node:fs";
import { createRequire } from "node:module";

const [modules, bench, documents] = process.argv.slice(2);
const jsonata = createRequire(modules + "/")("jsonata");
const file = JSON.parse(fs.readFileSync(bench, "utf8"));
const loaded = new Map();
const load = (name) => {
  if (!loaded.has(name)) loaded.set(name, JSON.parse(fs.readFileSync(`${documents}/${name}.json`, "utf8")));
  return loaded.get(name);
};

async function measure(work) {
  let best = Infinity;
  for (let batch = -1; batch < 5; ++batch) {
    const start = process.hrtime.bigint();
    let rounds = 0;
    do {
      await work();
      ++rounds;
    } while (Number(process.hrtime.bigint() - start) < 0.12e9);
    if (batch >= 0) best = Math.min(best, Number(process.hrtime.bigint() - start) / rounds);
  }
  return best;
}

for (const { name, data, expr } of file.cases) {
  const input = load(data);
  const compiled = jsonata(expr);
  const evaluateNs = await measure(() => compiled.evaluate(input));
  const result = await compiled.evaluate(input);
  console.log(JSON.stringify({ peer: "official", name, evaluateNs, result }));
}
