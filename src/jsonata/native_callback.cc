// Functions that take functions. Documentation: "Higher order functions". A call-back gets as many
// of (value, index or key, whole) as it has parameters.
#include <array>

#include "jsonata/run.h"

namespace fermata::jsonata {
namespace {

std::uint32_t wanted(const Callback& callback) {
  return callback.arity() >= 3 ? 3 : callback.arity() == 2 ? 2 : 1;
}

// Calls `step(result, item)` for every item of an array; false to stop.
template <typename Step>
bool for_items(Run& run, Arguments& a, Step step) {
  const Items items(a[0]);
  Callback callback(run, a[1], a.frame);
  if (run.failed()) return false;
  const std::uint32_t count = wanted(callback);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Cell item = items.at(i);
    const std::array<Cell, 3> arguments = {item, Cell::real(static_cast<double>(i)), a[0]};
    const Cell result = callback(arguments.data(), count);
    if (result.is_failed() || !step(result, item)) return false;
  }
  return true;
}

Cell fn_map(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  List* const list = run.new_list(0, true);
  const bool is_done = for_items(run, a, [&](const Cell& result, const Cell&) {
    return result.is_undefined() || run.push(*list, result);
  });
  return is_done ? Cell::array(list) : Cell::of(Tag::Failed);
}

Cell fn_filter(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  List* const list = run.new_list(0, true);
  const bool is_done = for_items(run, a, [&](const Cell& result, const Cell& item) {
    return !run.truthy(result) ? !run.failed() : run.push(*list, item);
  });
  return is_done ? Cell::array(list) : Cell::of(Tag::Failed);
}

Cell fn_single(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  bool is_found = false;
  Cell found;
  const auto take = [&](const Cell& item) {
    if (is_found) {
      run.fail("D3138");
      return false;
    }
    is_found = true;
    found = item;
    return true;
  };
  if (a[1].is_undefined()) {
    const Items items(a[0]);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!take(items.at(i))) return Cell::of(Tag::Failed);
    }
  } else {
    const bool is_done = for_items(run, a, [&](const Cell& result, const Cell& item) {
      return !run.truthy(result) ? !run.failed() : take(item);
    });
    if (!is_done) return Cell::of(Tag::Failed);
  }
  return is_found ? found : run.fail("D3139");
}

Cell fn_reduce(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const Items items(a[0]);
  Callback callback(run, a[1], a.frame);
  if (run.failed()) return Cell::of(Tag::Failed);
  if (callback.arity() < 2) return run.fail("D3050");
  const std::uint32_t count = std::min<std::uint32_t>(callback.arity(), 4);
  Cell result = a[2];
  std::size_t i = 0;
  if (a[2].is_undefined() && items.size() > 0) result = items.at(i++);
  for (; i < items.size(); ++i) {
    const std::array<Cell, 4> arguments = {result, items.at(i), Cell::real(static_cast<double>(i)),
                                           a[0]};
    result = callback(arguments.data(), count);
    if (result.is_failed()) return result;
  }
  return result;
}

template <typename Step>
bool for_members(Run& run, Arguments& a, Step step) {
  if (!a[0].is(Tag::Object)) return true;
  Members members(a[0]);
  Callback callback(run, a[1], a.frame);
  if (run.failed()) return false;
  const std::uint32_t count = wanted(callback);
  while (members.next()) {
    const std::array<Cell, 3> arguments = {members.value(), Cell::string(members.key()), a[0]};
    const Cell result = callback(arguments.data(), count);
    if (result.is_failed() || !step(result, members)) return false;
  }
  return true;
}

Cell fn_each(Run& run, Arguments& a) {
  List* const list = run.new_list(0, true);
  const bool is_done = for_members(run, a, [&](const Cell& result, const Members&) {
    return result.is_undefined() || run.push(*list, result);
  });
  return is_done ? Cell::array(list) : Cell::of(Tag::Failed);
}

Cell fn_sift(Run& run, Arguments& a) {
  Record* const record = run.new_record(0);
  if (a[1].is_undefined()) return a[0].is_undefined() ? Cell() : run.fail("T1006");
  const bool is_done = for_members(run, a, [&](const Cell& result, const Members& members) {
    return !run.truthy(result) ? !run.failed() : run.set(*record, members.key(), members.value());
  });
  if (!is_done) return Cell::of(Tag::Failed);
  return record->size == 0 ? Cell() : Cell::object(record);
}

constexpr std::array<Native, 6> kFunctions = {{
    {"map", "<af>", "what a function makes of each item", fn_map, 2},
    {"filter", "<af>", "the items for which a function says true", fn_filter, 2},
    {"single", "<af?>",
     "the one item for which a function says true; an error when there is none, or more", fn_single,
     2},
    {"reduce", "<afj?:j>",
     "one value of all items: a function takes what is made so far, and the next item", fn_reduce,
     3},
    {"each", "<o-f:a>",
     "what a function makes of each member of an object, given its value and its name", fn_each, 2},
    {"sift", "<o-f?:o>", "the members of an object for which a function says true", fn_sift, 2},
}};

}  // namespace

std::span<const Native> callback_natives() {
  return kFunctions;
}

}  // namespace fermata::jsonata
