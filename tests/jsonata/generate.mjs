// Expressions and documents by a grammar, from one seed: the shapes where engines differ (nulls,
// missing members, empty and one-element arrays, nesting, functions by reference) are common on
// purpose. `Generator.pair()` gives { expr, data }; data may be undefined.

const NAMES = ["a", "b", "c", "d", "e", "items", "name", "qty", "price", "missing", "`x y`", "1"];
const TEXTS = ["", "a", "ab", "Hello World", "3", " x ", "é", "😀b", "a,b,c", "2018-01-02", "null", "ﬁß"];
const NUMBERS = [0, 1, 2, 3, -1, -2, 0.5, 1.25, 2.5, 10, 100, 1e21, 1e-7, 12345.678, 0.1, 3.14159, 9007199254740993];

export class Generator {
  constructor(seed) {
    this.state = BigInt(seed) & 0xffffffffffffffffn;
    this.scope = [];
    this.names = 0;
  }
  bits() {
    this.state = (this.state + 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn;
    let z = this.state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & 0xffffffffffffffffn;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & 0xffffffffffffffffn;
    return Number((z ^ (z >> 31n)) >> 33n);
  }
  below(n) {
    return this.bits() % n;
  }
  pick(list) {
    return list[this.below(list.length)];
  }
  chance(percent) {
    return this.below(100) < percent;
  }

  // -- documents
  scalar() {
    switch (this.below(8)) {
      case 0: return null;
      case 1: return true;
      case 2: return false;
      case 3: case 4: return this.pick(TEXTS);
      default: return this.pick(NUMBERS);
    }
  }
  value(depth) {
    if (depth <= 0 || this.chance(30)) return this.scalar();
    if (this.chance(45)) {
      const size = this.pick([0, 1, 1, 2, 3]);
      if (this.chance(40)) {
        const kind = this.below(3);
        return Array.from({ length: size }, () => kind === 0 ? this.pick(NUMBERS) : kind === 1 ? this.pick(TEXTS) : this.record(depth - 1));
      }
      return Array.from({ length: size }, () => this.value(depth - 1));
    }
    return this.record(depth);
  }
  record(depth) {
    const out = {};
    for (let left = this.below(5); left >= 0; --left) {
      const key = this.pick(["a", "b", "c", "d", "e", "items", "name", "qty", "price", "x y", "1", "0"]);
      out[key] = key === "qty" || key === "price" ? this.pick(NUMBERS) : key === "name" ? this.pick(TEXTS) : this.value(depth - 1);
    }
    return out;
  }
  document() {
    if (this.chance(4)) return undefined;
    if (this.chance(15)) return this.value(3);
    const out = this.record(3);
    out.items = Array.from({ length: this.below(5) }, () => ({ name: this.pick(TEXTS), qty: this.pick(NUMBERS), ...(this.chance(60) ? { price: this.pick(NUMBERS) } : {}), ...(this.chance(40) ? { a: this.value(2) } : {}) }));
    return out;
  }

  // -- expressions
  text(value) {
    return JSON.stringify(value);
  }
  literal() {
    switch (this.below(7)) {
      case 0: return this.pick(["true", "false", "null"]);
      case 1: case 2: return this.text(this.pick(TEXTS));
      default: {
        const number = this.pick(NUMBERS);
        return number < 0 ? `-${String(-number)}` : String(number);
      }
    }
  }
  name() {
    return this.pick(NAMES);
  }
  variable() {
    if (this.scope.length > 0 && this.chance(75)) return "$" + this.pick(this.scope);
    return this.pick(["$", "$$", "$", "$nope"]);
  }
  within(names, make) {
    this.scope.push(...names);
    const out = make();
    this.scope.length -= names.length;
    return out;
  }
  step(depth) {
    const base = this.chance(78) ? this.pick(["a", "b", "c", "items", "name", "qty", "price", "d", "missing"]) : this.pick(["*", "**", "$", `(${this.expr(depth - 1)})`, `[${this.expr(depth - 1)}]`, this.object(depth - 1), this.call(depth - 1)]);
    let out = base;
    while (this.chance(22)) out += this.predicate(depth - 1);
    return out;
  }
  predicate(depth) {
    switch (this.below(8)) {
      case 0: return "[0]";
      case 1: return this.pick(["[-1]", "[1]", "[1.5]", "[[0,1]]", "[[0..1]]"]);
      case 2: return "[]";
      case 3: return `[${this.pick(["qty", "price", "name", "a", "$"])}]`;
      case 4: return `[${this.pick(["qty", "price", "$"])} ${this.pick(["<", ">", "=", "!=", ">="])} ${this.pick(["1", "2", "0", "\"a\""])}]`;
      default: return `[${this.expr(depth)}]`;
    }
  }
  path(depth) {
    const parts = [];
    if (this.chance(20)) parts.push(this.variable());
    for (let left = 1 + this.below(3); left > 0; --left) parts.push(this.step(depth));
    let out = parts.join(".");
    if (this.chance(8)) out += `^(${this.pick(["", "<", ">"])}${this.pick(["qty", "name", "price", "$", "a"])}${this.chance(30) ? ", >price" : ""})`;
    if (this.chance(6)) out += `{${this.pick(["name", "$string(qty)", "\"k\"", "a"])}: ${this.expr(depth - 1)}}`;
    return out;
  }
  bindingPath(depth) {
    switch (this.below(9)) {
      case 6: return `items@$o${this.chance(40) ? "#$i" : ""}^(${this.pick(["", "<", ">"])}$o.${this.pick(["qty", "price", "name"])})${this.pick(["", "[0]", "[-1]", "[qty>1]", "[$o.qty>1]", "[o.qty>1]", "[[0,1]]", "#$j"])}.{"n": $o.name, "i": $i, "j": $j}`;
      case 7: return `items#$i^(${this.pick(["qty", ">price", "name, qty"])})${this.pick(["", "[$i>0]", "[i>0]", "[qty>0]", "^(name)", "[1]"])}${this.pick([".{\"i\": $i, \"n\": name}", "{name: $i}", "{$string($i): qty}", "", ".name"])}`;
      case 8: return `items.a^(${this.pick(["$", "%.qty", ">%.price"])})${this.pick(["", "[0]", "[%.qty>1]", "[$>1]"])}.${this.pick(["%.name", "{\"a\": $, \"q\": %.qty}", "b"])}`;
      case 0: return `items#$i.${this.within(["i"], () => this.object(depth - 1))}`;
      case 1: return `items@$o.items@$p${this.chance(50) ? "[$o.qty = $p.qty]" : ""}.{"o": $o.name, "p": $p.qty}`;
      case 2: return `items.${this.pick(["a", "name", "qty"])}.%.${this.pick(["name", "qty"])}`;
      case 3: return `items[qty>0].name.{"n": $, "q": %.qty}`;
      case 4: return `items@$o#$i[${this.pick(["$i=0", "$i<2", "$o.qty>1"])}].$o.name`;
      default: return `items^(qty)#$i.{"i":$i,"n":name}`;
    }
  }
  object(depth) {
    const keys = [];
    for (let left = this.below(3); left >= 0; --left) keys.push(this.pick(["\"k\"", "\"a\"", "\"b\"", "\"1\"", "name", "$string(qty)"]));
    return `{${keys.map((key) => `${key}: ${this.expr(depth - 1)}`).join(", ")}}`;
  }
  lambda(depth, count) {
    const names = ["x", "y", "z"].slice(0, count);
    const body = this.within(names, () => this.expr(depth - 1));
    return `function(${names.map((n) => "$" + n).join(", ")}){${body}}`;
  }
  functionValue(depth, count) {
    if (this.chance(75)) return this.lambda(depth, count);
    return this.pick(["$string", "$sum", "$uppercase", "$length", "$boolean", "$not", "$exists", "$count", "$type", "$keys", "$number", "$floor", "$substring(?, 0, 1)", "$append(?, 1)", "$round"]);
  }
  call(depth) {
    const e = () => this.expr(depth - 1);
    const s = () => (this.chance(60) ? this.text(this.pick(TEXTS)) : e());
    const n = () => (this.chance(60) ? String(Math.abs(this.pick(NUMBERS))) : e());
    const arr = () => (this.chance(50) ? this.pick(["items", "items.qty", "items.name", "[1,2,3]", "[3,1,2]", "[\"b\",\"a\"]", "[1..4]", "a", "[]", "[[1],[2,3]]", "items.price"]) : e());
    const f = (count) => this.functionValue(depth - 1, count);
    switch (this.below(46)) {
      case 0: return `$string(${e()})`;
      case 1: return `$length(${s()})`;
      case 2: return `$substring(${s()}, ${this.pick(["0", "1", "-2", "-5", "10", "1.5"])}${this.chance(50) ? ", " + this.pick(["0", "1", "2", "-1", "1.5", "9"]) : ""})`;
      case 3: return `$${this.pick(["substringBefore", "substringAfter"])}(${s()}, ${s()})`;
      case 4: return `$${this.pick(["uppercase", "lowercase", "trim"])}(${s()})`;
      case 5: return `$pad(${s()}, ${this.pick(["5", "-5", "0", "2.5"])}${this.chance(50) ? ", " + this.pick(["\"#\"", "\"ab\"", "\"\"", "\"😀\""]) : ""})`;
      case 6: return `$contains(${s()}, ${this.chance(50) ? s() : this.pick(["/a/", "/[A-Z]/i", "/^$/", "/\\d+/"])})`;
      case 7: return `$split(${s()}, ${this.pick(["\",\"", "\"\"", "/,/", "/[, ]/", "\"b\""])}${this.chance(30) ? ", " + this.pick(["1", "2", "0", "1.5"]) : ""})`;
      case 8: return `$join(${arr()}${this.chance(50) ? ", \"-\"" : ""})`;
      case 9: return `$match(${s()}, ${this.pick(["/a/", "/(l+)(x)?/", "/[a-z]/", "/\\w+/", "/o W/i"])}${this.chance(20) ? ", 1" : ""})`;
      case 10: return `$replace(${s()}, ${this.pick(["\"a\"", "/l/", "/(l)(o)?/", "/[aeiou]/i"])}, ${this.pick(["\"X\"", "\"$1$2$$\"", "\"[$0]\"", "function($m){$uppercase($m.match)}"])}${this.chance(20) ? ", 1" : ""})`;
      case 11: return `$number(${this.chance(50) ? this.pick(["\"12\"", "\"-1.5e3\"", "\"0x1F\"", "\"abc\"", "\"01\"", "\"\"", "true"]) : e()})`;
      case 12: return `$${this.pick(["abs", "floor", "ceil", "sqrt"])}(${n()})`;
      case 13: return `$round(${n()}${this.chance(60) ? ", " + this.pick(["0", "1", "2", "-1", "-2"]) : ""})`;
      case 14: return `$power(${n()}, ${this.pick(["2", "0.5", "-1", "3"])})`;
      case 15: return `$formatNumber(${n()}, ${this.pick(["\"#,##0.00\"", "\"0\"", "\"00.##\"", "\"0.0e0\"", "\"#0%\"", "\"(0);-0\"", "\"##,##,##0.0##\""])})`;
      case 16: return `$formatBase(${n()}, ${this.pick(["2", "16", "36", "10"])})`;
      case 17: return `$formatInteger(${n()}, ${this.pick(["\"0\"", "\"000\"", "\"#,##0\"", "\"w\"", "\"Ww\"", "\"I\"", "\"a\"", "\"0;o\"", "\"w;o\""])})`;
      case 18: return `$parseInteger(${this.pick(["\"12\"", "\"1,234\"", "\"twelve\"", "\"one hundred and one\"", "\"XIV\"", "\"az\""])}, ${this.pick(["\"0\"", "\"#,##0\"", "\"w\"", "\"I\"", "\"a\""])})`;
      case 19: return `$${this.pick(["sum", "max", "min", "average"])}(${arr()})`;
      case 20: return `$count(${arr()})`;
      case 21: return `$append(${arr()}, ${arr()})`;
      case 22: return `$reverse(${arr()})`;
      case 23: return `$distinct(${arr()})`;
      case 24: return `$sort(${arr()}${this.chance(40) ? `, function($l,$r){$l ${this.pick(["<", ">"])} $r}` : ""})`;
      case 25: return `$zip(${arr()}, ${arr()})`;
      case 26: return `$boolean(${e()})`;
      case 27: return `$not(${e()})`;
      case 28: return `$exists(${e()})`;
      case 29: return `$keys(${e()})`;
      case 30: return `$lookup(${e()}, ${this.pick(["\"a\"", "\"name\"", "\"nope\""])})`;
      case 31: return `$spread(${e()})`;
      case 32: return `$merge(${this.pick(["items", "[{\"a\":1},{\"a\":2,\"b\":3}]", e()])})`;
      case 33: return `$each(${this.pick(["$", "items[0]", e()])}, ${f(2)})`;
      case 34: return `$sift(${this.pick(["$", "items[0]", e()])}, ${f(2)})`;
      case 35: return `$map(${arr()}, ${f(1 + this.below(3))})`;
      case 36: return `$filter(${arr()}, ${f(1 + this.below(2))})`;
      case 37: return `$reduce(${arr()}, ${this.lambda(depth - 1, 2)}${this.chance(50) ? ", " + e() : ""})`;
      case 38: return `$single(${arr()}, ${f(1)})`;
      case 39: return `$type(${e()})`;
      case 40: return `$${this.pick(["encodeUrlComponent", "encodeUrl", "decodeUrlComponent", "decodeUrl", "base64encode", "base64decode"])}(${s()})`;
      case 41: return `$fromMillis(${this.pick(["0", "1521801216617", "-1", "951782400000"])}, ${this.pick(["\"[Y0001]-[M01]-[D01]\"", "\"[D1o] [MNn] [Y]\"", "\"[FNn], [H#1]:[m]\"", "\"[W] [X0001] [dwo]\"", "\"[h]:[m01] [P]\"", "\"[Z] [z]\""])}${this.chance(30) ? ", \"+0530\"" : ""})`;
      case 42: return `$toMillis(${this.pick(["\"2018-03-23\"", "\"2018-03-23T10:33:36Z\"", "\"23 March 2018\"", "\"2018\"", "\"x\""])}${this.chance(50) ? ", " + this.pick(["\"[Y]-[M]-[D]\"", "\"[D] [MNn] [Y]\"", "\"[Y]\""]) : ""})`;
      case 43: return `$eval(${this.text(this.pick(["1+1", "items.qty", "[1,", "$string(a)", "$sum([1,2])"]))})`;
      case 44: return `$assert(${e()}, "m")`;
      default: return `$error(${s()})`;
    }
  }
  block(depth) {
    // A name of its own: a lambda that meets its own name would call itself without end.
    const name = "v" + this.names++;
    const value = this.chance(25) ? this.lambda(depth - 1, 1) : this.expr(depth - 1);
    const rest = this.within([name], () => (this.chance(30) ? `$${name}(${this.expr(depth - 1)})` : this.expr(depth - 1)));
    return `($${name} := ${value}; ${rest})`;
  }
  expr(depth) {
    if (depth <= 0) return this.pick([() => this.literal(), () => this.name(), () => this.variable()])();
    const sub = () => this.expr(depth - 1);
    switch (this.below(30)) {
      case 0: case 1: return this.literal();
      case 2: case 3: case 4: case 5: case 6: case 7: return this.path(depth);
      case 8: case 9: return `${sub()} ${this.pick(["+", "-", "*", "/", "%"])} ${sub()}`;
      case 10: return `${sub()} ${this.pick(["=", "!=", "<", "<=", ">", ">="])} ${sub()}`;
      case 11: return `${sub()} ${this.pick(["and", "or"])} ${sub()}`;
      case 12: return `${sub()} & ${sub()}`;
      case 13: return `${sub()} in ${sub()}`;
      case 14: return `[${Array.from({ length: this.below(4) }, sub).join(", ")}]`;
      case 15: return `[${this.pick(["1..3", "0..qty", "3..1", "$..2", "-1..1"])}]`;
      case 16: return this.object(depth);
      case 17: return `${sub()} ? ${sub()}${this.chance(70) ? " : " + sub() : ""}`;
      // The official engine copies the left side as JSON: a regular expression in it never ends.
      case 18: return `(${this.pick([this.name(), this.variable(), this.literal(), "items.qty", "a.b", "[a]", "(a)", "$count(a)"])} ${this.pick(["?:", "??"])} ${sub()})`;
      case 19: return this.block(depth);
      case 20: return `-${this.pick(["qty", "(" + sub() + ")", "a"])}`;
      case 21: return `${sub()} ~> ${this.pick(["$string", "$sum", "$count", "$uppercase", "$string()", "$append(1)", "$map(function($x){$x})", "$substring(1)"])}`;
      case 22: return `(${sub()})${this.predicate(depth - 1)}`;
      case 23: return `$ ~> |${this.pick(["items", "a", "$", "items[qty>1]"])}|{${this.pick(["\"z\": 1", "\"name\": qty", "\"a\": {\"b\": 2}"])}}${this.chance(40) ? ", " + this.pick(["\"name\"", "[\"a\",\"qty\"]"]) : ""}|`;
      case 24: return this.bindingPath(depth);
      case 25: return this.variable();
      default: return this.call(depth);
    }
  }
  pair() {
    const data = this.document();
    this.names = 0;
    return { expr: this.expr(1 + this.below(3)), data };
  }
}
