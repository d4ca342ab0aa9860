// Where ours may differ from the official engine, each with its reason (docs/reference/jsonata.md,
// "Differences"). A rule sees the expression, the input and both outcomes ({code} or {result} as
// canonical JSON text, or neither for undefined; {crash} for an error without a code).
const RULES = [
  // -- the official engine ends with an internal error of JavaScript
  {
    why: "the official engine crashes: a transform meets something that is no object; ours leaves it alone",
    fits: (expr, data, ours, theirs) => /\|/.test(expr) && /^Cannot (create property|set properties of null)/.test(theirs.crash),
  },
  {
    why: "the official engine crashes: a call of something that is no function, from a function; ours says T1006, or T2001 when an argument fails first",
    fits: (expr, data, ours, theirs) => /^T(1006|2001)$/.test(ours.code) && /^Cannot (set properties of (undefined|null) \(setting|create property) 'token'/.test(theirs.crash),
  },
  {
    why: "the official engine crashes: an argument that is needed has no value; ours says that it is of the wrong type",
    fits: (expr, data, ours, theirs) => /^(T0410|T1006|D3012)$/.test(ours.code) && /^Cannot read properties of undefined \(reading '(apply|lastIndexOf|split)'\)|^str is not iterable/.test(theirs.crash),
  },
  {
    why: "the official engine crashes: `[]` behind a predicate that keeps nothing; ours has no value there",
    fits: (expr, data, ours, theirs) => /\[\]/.test(expr) && /\(setting 'keepSingleton'\)/.test(theirs.crash),
  },
  {
    why: "the official engine crashes: a regular expression that is not valid; ours says where",
    fits: (expr, data, ours, theirs) => /^S0[23]/.test(ours.code) && /^Invalid regular expression/.test(theirs.crash),
  },
  {
    why: "the official engine crashes: a signature that is not valid",
    fits: (expr, data, ours, theirs) => /<[^>]*>/.test(expr) && /^Invalid regular expression: \/\^/.test(theirs.crash),
  },
  {
    why: "the official engine crashes: $single, $map and others with a function that is none; ours has an answer or a code",
    fits: (expr, data, ours, theirs) => /^D313[89]$|^T/.test(ours.code) && /^func\.apply is not a function/.test(theirs.crash),
  },
  {
    why: "the official engine crashes: a function inside a value that becomes text; ours leaves it out",
    fits: (expr, data, ours, theirs) => /^Converting circular structure/.test(theirs.crash),
  },
  {
    why: "the official engine crashes: digits of a family that the picture does not name; ours reads no number",
    fits: (expr, data, ours, theirs) => /\$parseInteger/.test(expr) && /^Invalid code point/.test(theirs.crash),
  },
  {
    why: "the official engine crashes: its own stack ends; ours has counted budgets",
    fits: (expr, data, ours, theirs) => /^U100[1-5]$/.test(ours.code) && /^Maximum call stack/.test(theirs.crash),
  },
  // -- others
  {
    why: "an object constructor whose parts fail, with keys that are whole numbers: the official engine evaluates those first, ours goes from left to right",
    fits: (expr, data, ours, theirs) => ours.code !== undefined && theirs.code !== undefined && /["']\d+["']\s*:/.test(expr),
  },
  {
    why: "our counted budget ends the evaluation; the official engine has none",
    fits: (expr, data, ours) => /^U100[1-5]$/.test(ours.code),
  },
  {
    why: "$power: the last bit of the power function of JavaScript",
    fits: (expr, data, ours, theirs) => /\$power/.test(expr) && Math.abs(Number(ours.result) / Number(theirs.result) - 1) < 1e-15,
  },
  {
    why: "text that is replaced by a function's value: the official engine puts in the function's JavaScript source",
    fits: (expr, data, ours, theirs) => ours.code === "D3012" || (theirs.result ?? "").includes("async function"),
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
  {
    why: "a moment that no calendar has, or a zone that is no number: ours fails, the official engine writes NaN for it",
    fits: (expr, data, ours, theirs) => ours.code === "D3110" && /\$fromMillis/.test(expr) && (theirs.result !== undefined || theirs.code === "D3134" || /toLowerCase/.test(theirs.crash)),
  },
  {
    why: "a built-in function with a default for a parameter cannot be partially applied in the official engine",
    fits: (expr, data, ours, theirs) => theirs.code === "S0208" && /\$(string|round)\(.*\?/.test(expr),
  },
];

export function explain(expr, data, ours, theirs) {
  for (const rule of RULES) {
    if (rule.fits(expr, data, ours, theirs)) return rule.why;
  }
  return null;
}
