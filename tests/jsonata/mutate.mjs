// The official suite's expressions, changed: tokens are exchanged, left out, repeated or taken from another case, mostly of
// the same group, and the document may become another one. `Mutator.pair()` gives { expr, data } like the Generator's.
import { readFileSync, readdirSync } from "node:fs";

import { Generator } from "./generate.mjs";

const TOKEN = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\/\*[\s\S]*?\*\/|`[^`]*`|\$?[A-Za-z_][A-Za-z0-9_]*|\$\$?|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|~>|:=|!=|<=|>=|\*\*|\.\.|\?\?|\?:|\s+|[\s\S]/g;
const KINDS = [
  ["text", /^["']/],
  ["number", /^\d/],
  ["variable", /^\$[A-Za-z]/],
  ["name", /^[A-Za-z`]/],
  ["operator", /^(~>|!=|<=|>=|=|<|>|\+|-|\*|\/|%|&|\*\*)$/],
  ["space", /^\s+$/],
];
const BITS = ["[]", "[0]", "^(", "#$i", "@$v", "?", ")", "(", "]", ".", "[-1]", ".%"];
// What the engines leave to chance.
const RANDOM = /\$(shuffle|random)/;
const LENGTH_MAX = 600;

const kindOf = (token) => KINDS.find(([, pattern]) => pattern.test(token))?.[0] ?? "other";

export class Mutator {
  constructor(seed, folder) {
    this.chance = new Generator(seed);
    this.datasets = Object.fromEntries(readdirSync(`${folder}/datasets`).sort().map((name) => [name.replace(".json", ""), JSON.parse(readFileSync(`${folder}/datasets/${name}`, "utf8"))]));
    const cases = readFileSync(`${folder}/cases.jsonl`, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
    this.cases = cases.filter(({ expr }) => expr.length < LENGTH_MAX && !RANDOM.test(expr)).map((one) => ({ ...one, tokens: one.expr.match(TOKEN) ?? [] }));
    this.pools = new Map();
    for (const { tokens, group } of this.cases) {
      for (const token of tokens) {
        for (const pool of [kindOf(token), `${kindOf(token)} of ${group}`]) {
          if (!this.pools.has(pool)) this.pools.set(pool, []);
          this.pools.get(pool).push(token);
        }
      }
    }
  }
  changed({ tokens, group }) {
    const out = [...tokens];
    for (let left = 1 + this.chance.below(3); left > 0 && out.length > 0; --left) {
      const at = this.chance.below(out.length);
      const kind = kindOf(out[at]);
      const near = this.pools.get(`${kind} of ${group}`) ?? BITS;
      const what = this.chance.below(10);
      if (kind === "space") continue;
      if (kind === "other" && what < 7) {
        if (what < 2) out.splice(at, 1);
        else if (what < 3) out.splice(at, 0, this.chance.pick(BITS));
      } else if (what < 5) out[at] = this.chance.pick(near);
      else if (what < 7) out[at] = this.chance.pick(this.pools.get(kind));
      else if (what === 7) out.splice(at, 1);
      else if (what === 8) out.splice(at, 0, this.chance.pick(near));
      else {
        const other = this.chance.pick(this.cases).tokens;
        const from = this.chance.below(other.length || 1);
        out.splice(at, 1, ...other.slice(from, from + this.chance.below(6)));
      }
    }
    return out.join("");
  }
  pair() {
    for (;;) {
      const one = this.chance.pick(this.cases);
      const expr = this.chance.chance(10) ? one.expr : this.changed(one);
      let data = one.data;
      if ("dataset" in one) data = one.dataset === null ? undefined : this.datasets[one.dataset];
      if (this.chance.chance(20)) data = this.datasets[this.chance.pick(Object.keys(this.datasets))];
      if (!RANDOM.test(expr)) return { expr, data };
    }
  }
}
