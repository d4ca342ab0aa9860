// Object functions, and those that fail on purpose. Documentation: "Object functions".
#include <array>
#include <vector>

#include "jsonata/run.h"

namespace fermata::jsonata {
namespace {

bool gather_keys(Run& run, const Cell& value, Record& seen) {
  if (value.is_array()) {
    DataLevel level(run);
    if (!level.fits()) return false;
    const Items items(value);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!run.step() || !gather_keys(run, items.at(i), seen)) return false;
    }
    return true;
  }
  if (!value.is(Tag::Object)) return true;
  Members members(value);
  while (members.next()) {
    if (!run.set(seen, members.key(), Cell::boolean(true))) return false;
  }
  return true;
}

Cell fn_keys(Run& run, Arguments& a) {
  Record* const seen = run.new_record(0);
  if (!gather_keys(run, a[0], *seen)) return Cell::of(Tag::Failed);
  List* const list = run.new_list(0, true);
  Members members(Cell::object(seen));
  while (members.next()) {
    if (!run.push(*list, Cell::string(members.key()))) return Cell::of(Tag::Failed);
  }
  return Cell::array(list);
}

Cell fn_lookup(Run& run, Arguments& a) {
  return run.lookup(a[0], a[1].is_text() ? a[1].view() : std::string_view("undefined"));
}

bool spread_into(Run& run, const Cell& value, List& list) {
  if (value.is_array()) {
    DataLevel level(run);
    if (!level.fits()) return false;
    const Items items(value);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!run.step() || !spread_into(run, items.at(i), list)) return false;
    }
    return true;
  }
  if (!value.is(Tag::Object)) return value.is_undefined() || run.push(list, value);
  Members members(value);
  while (members.next()) {
    Record* const one = run.new_record(1);
    if (!run.set(*one, members.key(), members.value()) || !run.push(list, Cell::object(one)))
      return false;
  }
  return true;
}

Cell fn_spread(Run& run, Arguments& a) {
  if (!a[0].is_array() && !a[0].is(Tag::Object)) return a[0];
  // An array that was put together from parts is no sequence any more.
  List* const list = run.new_list(0, a[0].is(Tag::Object) || Items(a[0]).size() == 0);
  return spread_into(run, a[0], *list) ? Cell::array(list) : Cell::of(Tag::Failed);
}

Cell fn_merge(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  Record* const record = run.new_record(0);
  const Items items(a[0]);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Cell item = items.at(i);
    if (!item.is(Tag::Object)) continue;
    Members members(item);
    while (members.next()) {
      if (!run.step() || !run.set(*record, members.key(), members.value()))
        return Cell::of(Tag::Failed);
    }
  }
  return Cell::object(record);
}

Cell fn_type(Run& run, Arguments& a) {
  switch (a[0].tag) {
    case Tag::Null:
      return Cell::string("null");
    case Tag::Number:
      // What is no number is an object to the official engine.
      return Cell::string(run.is_number(a[0]) ? "number" : "object");
    case Tag::String:
      return Cell::string("string");
    case Tag::Bool:
      return Cell::string("boolean");
    case Tag::Array:
      return Cell::string("array");
    case Tag::Function:
      return Cell::string("function");
    case Tag::Object:
      return Cell::string("object");
    default:
      return {};
  }
}

Cell fn_error(Run& run, Arguments& a) {
  run.fail("D3137");
  run.failure->message =
      a[0].is_text() && a[0].size > 0 ? a[0].view() : "$error() function evaluated";
  return Cell::of(Tag::Failed);
}

Cell fn_assert(Run& run, Arguments& a) {
  if (a[0].is(Tag::Bool) && a[0].flag) return {};
  run.fail("D3141");
  run.failure->message =
      a[1].is_text() && a[1].size > 0 ? a[1].view() : "$assert() statement failed";
  return Cell::of(Tag::Failed);
}

Cell fn_clone(Run& run, Arguments& a) {
  return run.clone(a[0]);
}

Cell fn_eval(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  Cell context = a.context;
  if (!a[1].is_undefined()) {
    context = a[1];
    if (context.is_array() && !is_sequence(context)) {
      context = run.sequence_of(context);
      context.list->is_outer = true;
    }
  }
  return run.evaluate_text(a[0], context, a.frame);
}

constexpr std::array<Native, 9> kFunctions = {{
    {"keys", "<x-:a<s>>", "the names of an object's members, or of all objects of a list", fn_keys},
    {"lookup", "<x-s:x>", "the member of this name, of an object or of all objects of a list",
     fn_lookup, 2},
    {"spread", "<x-:a<o>>", "a list with one object for each member", fn_spread},
    {"merge", "<a<o>:o>", "one object of many; later ones win", fn_merge},
    {"type", "<x:s>", "null, number, string, boolean, array, object or function", fn_type},
    {"error", "<s?:x>", "fails with this message", fn_error},
    {"assert", "<bs?:x>", "fails with this message unless the condition is true", fn_assert, 2},
    {"clone", "<(oa)-:o>", "a copy", fn_clone},
    {"eval", "<sx?:x>", "the value of an expression that is given as text", fn_eval, 2, false,
     "what a definition does must be known when it is published"},
}};

}  // namespace

std::span<const Native> object_natives() {
  return kFunctions;
}

}  // namespace fermata::jsonata
