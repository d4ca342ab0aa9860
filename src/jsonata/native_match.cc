// Functions that look for patterns: text, regular expressions, or functions that give match
// objects. Documentation: "String functions", "Regular expressions".
#include <array>
#include <cmath>

#include "foundation/find_text.h"
#include "jsonata/js_number.h"
#include "jsonata/run.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

// One match after the other, from a regular expression or from a matcher that the author wrote.
class Matches {
 public:
  Matches(Run& run, const Cell& text, const Cell& pattern, Frame* frame)
      : run_(run), text_(text), frame_(frame) {
    const Function& function = *pattern.function;
    if (function.kind == Function::Kind::Regex) {
      regex_ = function.regex;
      is_ascii_ = is_ascii(text.view());
    } else {
      next_ = &function;
    }
  }

  // Moves to the next match; false at the end and when the run failed.
  bool next() { return regex_ != nullptr ? next_of_regex() : next_of_function(); }

  std::size_t start = 0;  // bytes
  std::size_t end = 0;
  Cell match;  // the matching text

  [[nodiscard]] std::size_t group_count() const {
    if (regex_ != nullptr) return regex_->regex->groups();
    return groups_.is_array() ? Items(groups_).size() : 0;
  }
  [[nodiscard]] Cell group(std::size_t index) const {
    if (regex_ == nullptr) return Items(groups_).at(index);
    const RegexGroup found = run_.matcher.group(static_cast<std::uint32_t>(index + 1));
    return found.is_set ? Cell::string(text_.view().substr(found.start, found.end - found.start))
                        : Cell();
  }
  Cell groups() {
    if (regex_ == nullptr) return groups_;
    List* const list = run_.new_list(static_cast<std::uint32_t>(group_count()), false);
    for (std::size_t i = 0; i < group_count(); ++i) list->items[list->size++] = group(i);
    return Cell::array(list);
  }
  // The match as the object that replacement functions see.
  Cell object() {
    if (regex_ == nullptr) return object_;
    return run_.match_object(*regex_, text_, start);
  }
  [[nodiscard]] Cell index() const {
    if (regex_ == nullptr) return index_;
    const std::string_view before = text_.view().substr(0, start);
    return Cell::real(static_cast<double>(is_ascii_ ? start : unit_length(before)));
  }

 private:
  bool next_of_regex() {
    if (has_begun_ && end >= text_.size) return false;
    if (!run_.find(*regex_->regex, text_.view(), end)) return false;
    const RegexGroup whole = run_.matcher.group(0);
    if (has_begun_ && whole.start == whole.end) {
      run_.fail_at("D1004", regex_->position);
      return false;
    }
    has_begun_ = true;
    start = whole.start;
    end = whole.end;
    match = Cell::string(text_.view().substr(start, end - start));
    return true;
  }

  bool next_of_function() {
    if (next_ == nullptr) return false;
    Cell argument = text_;
    object_ = run_.call(*next_, &argument, has_begun_ ? 0 : 1, Cell::null(), frame_);
    if (object_.is_failed() || object_.is_undefined()) return false;
    has_begun_ = true;
    if (!object_.is(Tag::Object)) {
      run_.fail("T1010");
      return false;
    }
    index_ = find_member(object_, "start");
    groups_ = find_member(object_, "groups");
    match = find_member(object_, "match");
    const Cell last = find_member(object_, "end");
    const Cell after = find_member(object_, "next");
    const bool is_match = index_.is(Tag::Number) || last.is(Tag::Number) || groups_.is_array() ||
                          after.is(Tag::Function);
    if (!is_match) {
      run_.fail("T1010");
      return false;
    }
    next_ = after.is(Tag::Function) ? after.function : nullptr;
    start = index_.is(Tag::Number) ? byte_of_unit(text_.view(), index_.number) : 0;
    end = last.is(Tag::Number) ? byte_of_unit(text_.view(), last.number) : start;
    return true;
  }

  Run& run_;
  Cell text_;
  Frame* frame_;
  const RegexOp* regex_ = nullptr;
  const Function* next_ = nullptr;
  bool has_begun_ = false;
  bool is_ascii_ = false;
  Cell object_;
  Cell groups_;
  Cell index_;
};

double limit_of(const Cell& cell) {
  return cell.is(Tag::Number) ? cell.number : HUGE_VAL;
}

Cell fn_contains(Run& run, Arguments& a) {
  if (a[0].is_undefined() || a[1].is_undefined()) return {};
  if (a[1].is_text())
    return Cell::boolean(find_text(a[0].view(), a[1].view()) != std::string_view::npos);
  Matches matches(run, a[0], a[1], a.frame);
  return Cell::boolean(matches.next());
}

Cell fn_match(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const double limit = limit_of(a[2]);
  if (limit < 0) return run.fail("D3040");
  List* const list = run.new_list(0, true);
  static constexpr std::array<Key, 3> kKeys = {{{"match", 5}, {"index", 5}, {"groups", 6}}};
  Matches matches(run, a[0], a[1], a.frame);
  for (double count = 0; count < limit && matches.next(); ++count) {
    Record* const record = run.memory.make(Record{});
    record->keys = kKeys.data();
    record->values = run.memory.array<Cell>(kKeys.size());
    record->size = kKeys.size();
    record->values[0] = matches.match;
    record->values[1] = matches.index();
    record->values[2] = matches.groups();
    if (!run.step() || !run.push(*list, Cell::object(record))) return Cell::of(Tag::Failed);
  }
  return Cell::array(list);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The digits behind a `$` as a number, -1 when there are none.
int group_number(std::string_view text, std::size_t at, std::size_t digits) {
  int number = -1;
  for (std::size_t i = at; i < at + digits && i < text.size() && is_digit(text[i]); ++i)
    number = (number < 0 ? 0 : number * 10) + (text[i] - '0');
  return number;
}

// `$0` the match, `$1` … the groups, `$$` a dollar; a number of more digits than there are groups
// is read with one digit fewer.
void expand(std::string& out, std::string_view replacement, const Matches& matches) {
  const std::size_t groups = matches.group_count();
  std::size_t digits = 1;
  for (std::size_t most = 10; most <= groups; most *= 10) ++digits;
  std::size_t at = 0;
  for (std::size_t dollar = replacement.find('$'); dollar != std::string_view::npos;
       dollar = replacement.find('$', at)) {
    out += replacement.substr(at, dollar - at);
    at = dollar + 1;
    if (at < replacement.size() && replacement[at] == '$') {
      out += '$';
      ++at;
    } else if (at < replacement.size() && replacement[at] == '0') {
      out += matches.match.view();
      ++at;
    } else {
      int number = group_number(replacement, at, digits);
      if (digits > 1 && number > static_cast<int>(groups))
        number = group_number(replacement, at, digits - 1);
      if (number < 0) {
        out += '$';
        continue;
      }
      const auto index = static_cast<std::size_t>(number);
      const Cell group = index >= 1 && index <= groups ? matches.group(index - 1) : Cell();
      if (group.is_text()) out += group.view();
      at += std::to_string(number).size();
    }
  }
  out += replacement.substr(at);
}

Cell replace_text(Run& run, std::string_view text, std::string_view pattern,
                  std::string_view replacement, double limit) {
  std::string out;
  std::size_t at = 0;
  double count = 0;
  for (std::size_t found = find_text(text, pattern);
       found != std::string_view::npos && count < limit;
       found = find_text(text, pattern, at), ++count) {
    if (!run.step() || !run.room_for_text(replacement.size())) return Cell::of(Tag::Failed);
    out += text.substr(at, found - at);
    out += replacement;
    at = found + pattern.size();
  }
  out += text.substr(at);
  return run.text(out);
}

Cell replacement_of(Run& run, Arguments& a, Matches& matches, std::string& out) {
  const std::size_t before = out.size();
  if (a[2].is_text()) {
    expand(out, a[2].view(), matches);
  } else {
    Cell argument = matches.object();
    if (argument.is_failed()) return argument;
    const Cell with = run.call(*a[2].function, &argument, 1, Cell::null(), a.frame);
    if (with.is_failed()) return with;
    if (!with.is_text()) return run.fail("D3012");
    out += with.view();
  }
  return run.room_for_text(out.size() - before) && run.step() ? Cell() : Cell::of(Tag::Failed);
}

Cell fn_replace(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  if (a[1].is_text() && a[1].size == 0) return run.fail("D3010");
  const double limit = limit_of(a[3]);
  if (limit < 0) return run.fail("D3011");
  const std::string_view text = a[0].view();
  if (!(limit > 0)) return a[0];
  if (a[1].is_undefined()) return run.fail("T1006");
  if (a[1].is_text()) {
    if (!a[2].is_text())
      return find_text(text, a[1].view()) == std::string_view::npos ? a[0] : run.fail("D3012");
    return replace_text(run, text, a[1].view(), a[2].view(), limit);
  }
  if (a[2].is_undefined()) return run.fail("D3012");
  std::string out;
  std::size_t at = 0;
  Matches matches(run, a[0], a[1], a.frame);
  for (double count = 0; count < limit && matches.next(); ++count) {
    if (matches.start > at) out += text.substr(at, matches.start - at);
    const std::size_t start = matches.start;
    const std::size_t size = matches.match.is_text() ? matches.match.size : 0;
    if (replacement_of(run, a, matches, out).is_failed()) return Cell::of(Tag::Failed);
    at = std::min(start + size, text.size());
  }
  if (run.failed()) return Cell::of(Tag::Failed);
  out += text.substr(at);
  return run.text(out);
}

// Every UTF-16 unit on its own.
Cell split_units(Run& run, std::string_view text, double limit) {
  List* const list = run.new_list(0, false);
  for (const char16_t unit : to_utf16(text)) {
    if (!(list->size < limit)) break;
    std::string one;
    append_utf8(one, unit);
    if (!run.push(*list, run.text(one))) return Cell::of(Tag::Failed);
  }
  return Cell::array(list);
}

Cell split_text(Run& run, std::string_view text, std::string_view separator, double limit) {
  if (separator.empty()) return split_units(run, text, limit);
  List* const list = run.new_list(0, false);
  std::size_t at = 0;
  while (list->size < limit) {
    const std::size_t found = find_text(text, separator, at);
    const std::size_t end = found == std::string_view::npos ? text.size() : found;
    if (!run.push(*list, Cell::string(text.substr(at, end - at)))) return Cell::of(Tag::Failed);
    if (found == std::string_view::npos) break;
    at = found + separator.size();
  }
  return Cell::array(list);
}

Cell fn_split(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  double limit = limit_of(a[2]);
  if (limit < 0) return run.fail("D3020");
  const std::string_view text = a[0].view();
  // Text is split by ECMAScript's own function, which counts whole pieces only.
  if (a[1].is_text()) return split_text(run, text, a[1].view(), std::floor(limit));
  List* const list = run.new_list(0, false);
  if (a[1].is_undefined()) return run.fail("T1006");
  if (!(limit > 0)) return Cell::array(list);
  Matches matches(run, a[0], a[1], a.frame);
  std::size_t at = 0;
  double count = 0;
  while (count < limit && matches.next()) {
    const std::size_t end = std::max(at, matches.start);
    if (!run.push(*list, Cell::string(text.substr(at, end - at)))) return Cell::of(Tag::Failed);
    at = matches.end;
    ++count;
  }
  if (run.failed()) return Cell::of(Tag::Failed);
  if (count < limit) run.push(*list, Cell::string(text.substr(std::min(at, text.size()))));
  return Cell::array(list);
}

constexpr std::array<Native, 4> kFunctions = {{
    {"contains", "<s-(sf):b>", "whether a text has another one in it, or fits a pattern",
     fn_contains, 2},
    {"match", "<s-f<s:o>n?:a<o>>",
     "where a pattern fits in a text, with its groups; at most so many", fn_match, 3},
    {"replace", "<s-(sf)(sf)n?:s>",
     "the text with another one in place of a text or pattern; at most so many times", fn_replace,
     4},
    {"split", "<s-(sf)n?:a<s>>", "the parts of a text between separators; at most so many",
     fn_split, 3},
}};

}  // namespace

bool Run::find(const Regex& regex, std::string_view text, std::size_t from) {
  if (!steps(1 + text.size() / 64)) return false;
  const Regex::Outcome outcome = matcher.find(regex, text, from);
  if (outcome == Regex::Outcome::LimitReached) fail("U1005");
  return outcome == Regex::Outcome::Found;
}

Cell Run::match_object(const RegexOp& regex, const Cell& subject, std::size_t from) {
  const std::string_view whole = subject.view();
  if (!find(*regex.regex, whole, from)) return failed() ? Cell::of(Tag::Failed) : Cell();
  const RegexGroup all = matcher.group(0);
  const auto piece = [&](const RegexGroup& group) {
    return group.is_set ? Cell::string(whole.substr(group.start, group.end - group.start)) : Cell();
  };
  const auto units = [&](std::size_t byte) {
    return Cell::real(static_cast<double>(unit_length(whole.substr(0, byte))));
  };
  const std::uint32_t count = regex.regex->groups();
  List* const groups = new_list(count, false);
  for (std::uint32_t i = 0; i < count; ++i)
    groups->items[groups->size++] = piece(matcher.group(i + 1));
  Function* const next = memory.make(Function{});
  next->kind = Function::Kind::NextMatch;
  next->arity = 0;
  next->regex = &regex;
  next->text = subject;
  next->from = all.end;
  static constexpr std::array<Key, 5> kKeys = {
      {{"match", 5}, {"start", 5}, {"end", 3}, {"groups", 6}, {"next", 4}}};
  Record* const record = memory.make(Record{});
  record->keys = kKeys.data();
  record->size = kKeys.size();
  record->values = memory.array<Cell>(kKeys.size());
  record->values[0] = piece(all);
  record->values[1] = units(all.start);
  record->values[2] = units(all.end);
  record->values[3] = Cell::array(groups);
  record->values[4] = Cell::of_function(next);
  return Cell::object(record);
}

Cell Run::next_match(const Function& function) {
  if (function.from >= function.text.size) return {};
  const Cell found = match_object(*function.regex, function.text, function.from);
  if (found.is(Tag::Object) && find_member(found, "match").size == 0)
    return fail_at("D1004", function.regex->position);
  return found;
}

std::span<const Native> match_natives() {
  return kFunctions;
}

}  // namespace fermata::jsonata
