// Where ours may differ from the official engine, each with its reason (docs/reference/jsonata.md,
// "Differences"). A rule sees the expression, the input and both outcomes ({code} or {result} as
// canonical JSON text, or neither for undefined).
const RULES = [
  {
    why: "the official engine crashes without a code of the language (an internal error of JavaScript)",
    fits: (expr, data, ours, theirs) => theirs.code === "crash",
  },
  {
    why: "text that is replaced by a function's value: the official engine puts in the function's JavaScript source",
    fits: (expr, data, ours, theirs) => ours.code === "D3012" || (theirs.result ?? "").includes("async function"),
  },
  {
    why: "several parts of an array or object constructor fail: the official engine starts all at once and reports whichever fails first, ours goes from left to right",
    fits: (expr, data, ours, theirs) => ours.code !== undefined && theirs.code !== undefined && /[[{]/.test(expr) && /,/.test(expr),
  },
  {
    why: "an object constructor in the context of an empty array: the official engine puts an undefined item into that array",
    fits: (expr, data, ours, theirs) => /\{/.test(expr) && ours.result !== undefined && theirs.result !== undefined && ours.result === theirs.result.replaceAll("[null]", "[]"),
  },
  {
    why: "a built-in function that is partially applied: the official engine skips the check of its arguments' types then, ours keeps it",
    fits: (expr, data, ours) => /^T041/.test(ours.code ?? "") && /\$\w+\([^()]*\?[,)]|\(\?/.test(expr),
  },
  {
    why: "a number that is not finite has no picture: ours fails, the official engine writes NaN among the digits",
    fits: (expr, data, ours, theirs) => ours.code === "D1001" && /NaN|Infinity/.test(theirs.result ?? ""),
  },
];

export function explain(expr, data, ours, theirs) {
  for (const rule of RULES) {
    if (rule.fits(expr, data, ours, theirs)) return rule.why;
  }
  return null;
}
