// The official engine as the differential test runs it: with the parts of array constructors and groupings evaluated
// from left to right, where it starts all of them at once, so that which of two errors it reports, and what a part sees of
// another's bindings, has one answer; and at the moment 0, which is the moment of our side.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import vm from "node:vm";

const AT_ONCE = [/Promise\.all\((expr\.expressions)\s*\.map\(/g, /Promise\.all\((utils\.keys\(groups\))\.map\(/g];

async function inOrder(list, work) {
  const out = [];
  for (const [index, item] of list.entries()) out.push(await work(item, index));
  return out;
}

class StoppedDate extends Date {
  constructor(...given) {
    if (given.length === 0) super(0);
    else super(...given);
  }
}

export function loadOfficial(modules) {
  const file = createRequire(modules + "/").resolve("jsonata");
  let source = readFileSync(file, "utf8");
  for (const pattern of AT_ONCE) {
    if ([...source.matchAll(pattern)].length !== 1) throw new Error(`the official engine has changed: ${pattern} is not there once`);
    source = source.replace(pattern, "inOrder($1, (");
  }
  const module = { exports: {} };
  const make = vm.compileFunction(source, ["module", "exports", "require", "inOrder", "Date"], { filename: path.basename(file) });
  make(module, module.exports, createRequire(file), inOrder, StoppedDate);
  return module.exports;
}
