// Array functions. Documentation: "Array functions".
#include <array>
#include <cmath>
#include <cstring>

#include "jsonata/distinct.h"
#include "jsonata/run.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

Cell fn_count(Run&, Arguments& a) {
  return Cell::real(a[0].is_undefined() ? 0 : static_cast<double>(Items(a[0]).size()));
}

Cell fn_append(Run& run, Arguments& a) {
  return run.append(a[0], a[1]);
}

Cell fn_reverse(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const Items items(a[0]);
  if (items.size() <= 1) return a[0];
  if (!run.room_for_items(items.size())) return Cell::of(Tag::Failed);
  List* const list = run.new_list(static_cast<std::uint32_t>(items.size()), false);
  for (std::size_t i = items.size(); i-- > 0;) list->items[list->size++] = items.at(i);
  return Cell::array(list);
}

// A generator that repeats for the same seed: a run that is made again gives the same values.
double next_random(Run& run) {
  std::uint64_t z = run.random_state += 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return static_cast<double>((z ^ (z >> 31U)) >> 11U) * 0x1p-53;
}

Cell fn_random(Run& run, Arguments&) {
  return Cell::real(next_random(run));
}

Cell fn_shuffle(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const Items items(a[0]);
  if (items.size() <= 1) return a[0];
  if (!run.room_for_items(items.size())) return Cell::of(Tag::Failed);
  List* const list = run.new_list(static_cast<std::uint32_t>(items.size()), false);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto j = static_cast<std::size_t>(next_random(run) * static_cast<double>(i + 1));
    if (i != j) list->items[i] = list->items[j];
    list->items[j] = items.at(i);
  }
  list->size = static_cast<std::uint32_t>(items.size());
  return Cell::array(list);
}

Cell fn_zip(Run& run, Arguments& a) {
  std::size_t length = a.count == 0 ? 0 : SIZE_MAX;
  for (std::uint32_t i = 0; i < a.count; ++i)
    length = std::min(length, a[i].is_array() ? Items(a[i]).size() : 0);
  List* const list = run.new_list(0, false);
  for (std::size_t i = 0; i < length; ++i) {
    if (!run.steps(a.count) || !run.room_for_items(a.count)) return Cell::of(Tag::Failed);
    List* const row = run.new_list(a.count, false);
    for (std::uint32_t k = 0; k < a.count; ++k) row->items[row->size++] = Items(a[k]).at(i);
    if (!run.push(*list, Cell::array(row))) return Cell::of(Tag::Failed);
  }
  return Cell::array(list);
}

Cell fn_distinct(Run& run, Arguments& a) {
  if (!a[0].is_array()) return a[0];
  const Items items(a[0]);
  if (items.size() <= 1) return a[0];
  List* const list = run.new_list(0, is_sequence(a[0]));
  DistinctSet seen(run, items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!run.step()) return Cell::of(Tag::Failed);
    const Cell item = items.at(i);
    if (seen.add(item, *list) && !run.push(*list, item)) return Cell::of(Tag::Failed);
    if (run.failed()) return Cell::of(Tag::Failed);
  }
  return Cell::array(list);
}

// What a comparator `function($l, $r) { $l.a > $r.a }` compares by, when it is of that shape.
struct KeyComparator {
  const FieldOp* field = nullptr;
  OpKind kind = OpKind::Greater;
  bool is_turned = false;  // $r.a > $l.a
};

bool is_parameter_field(const Op* op, std::uint32_t parameter, const FieldOp*& field) {
  if (op->kind != OpKind::Field) return false;
  field = static_cast<const FieldOp*>(op);
  if (field->count != 1 || field->base == nullptr || field->base->kind != OpKind::Slot)
    return false;
  const auto* const slot = static_cast<const SlotOp*>(field->base);
  return slot->hops == 0 && slot->slot == parameter;
}

bool read_comparator(const Function& function, KeyComparator& out) {
  if (function.kind != Function::Kind::Lambda || function.lambda->signature != nullptr ||
      function.lambda->parameters != 2)
    return false;
  const Op* const body = function.lambda->body;
  if (body->kind != OpKind::Greater && body->kind != OpKind::Less) return false;
  const auto* const compare = static_cast<const BinaryOp*>(body);
  const FieldOp* left = nullptr;
  const FieldOp* right = nullptr;
  if (is_parameter_field(compare->left, 1, left) && is_parameter_field(compare->right, 0, right)) {
    out.is_turned = true;
  } else if (!is_parameter_field(compare->left, 0, left) ||
             !is_parameter_field(compare->right, 1, right)) {
    return false;
  }
  out.field = left;
  out.kind = body->kind;
  return left->keys[0].key.view() == right->keys[0].key.view();
}

// Numbers of one member of all items; null when some item has none.
double* number_keys(Run& run, const Items& items, const FieldOp& field) {
  double* const keys = run.memory.array<double>(items.size());
  std::uint32_t hint = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Cell item = items.at(i);
    if (!item.is(Tag::Object)) return nullptr;
    const Cell key = find_member(item, field.keys[0].key, hint);
    if (!key.is(Tag::Number) || std::isnan(key.number)) return nullptr;
    keys[i] = key.number;
  }
  return keys;
}

bool sort_places(Run& run, Arguments& a, const Items& items, std::uint32_t* places) {
  const auto size = static_cast<std::uint32_t>(items.size());
  std::uint32_t* const spare = run.memory.array<std::uint32_t>(size);
  if (a[1].is(Tag::Function)) {
    KeyComparator by;
    if (read_comparator(*a[1].function, by)) {
      if (double* const keys = number_keys(run, items, *by.field)) {
        const bool is_greater = (by.kind == OpKind::Greater) != by.is_turned;
        return run.merge_sort(places, size, spare, [&](std::uint32_t l, std::uint32_t r) {
          return is_greater ? keys[l] > keys[r] : keys[l] < keys[r];
        });
      }
    }
    Callback is_after(run, a[1], a.frame);
    return run.merge_sort(places, size, spare, [&](std::uint32_t l, std::uint32_t r) {
      const std::array<Cell, 2> pair = {items.at(l), items.at(r)};
      const Cell verdict = is_after(pair.data(), 2);
      // ECMAScript's truth, not the language's.
      switch (verdict.tag) {
        case Tag::Bool:
          return verdict.flag;
        case Tag::Number:
          return verdict.number != 0 && !std::isnan(verdict.number);
        case Tag::String:
          return verdict.size > 0;
        default:
          return verdict.is_array() || verdict.is(Tag::Object) || verdict.is(Tag::Function);
      }
    });
  }
  const Tag kind = items.at(0).tag;
  bool is_uniform = kind == Tag::Number || kind == Tag::String;
  for (std::size_t i = 0; i < items.size() && is_uniform; ++i) is_uniform = items.at(i).is(kind);
  if (!is_uniform) {
    run.fail("D3070");
    return false;
  }
  return run.merge_sort(places, size, spare, [&](std::uint32_t l, std::uint32_t r) {
    const Cell left = items.at(l);
    const Cell right = items.at(r);
    return kind == Tag::Number ? left.number > right.number
                               : compare_text(left.view(), right.view()) > 0;
  });
}

Cell fn_sort(Run& run, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const Items items(a[0]);
  const std::size_t size = items.size();
  if (size <= 1) return a[0];
  if (!run.room_for_items(size * 2)) return Cell::of(Tag::Failed);
  std::uint32_t* const places = run.memory.array<std::uint32_t>(size);
  for (std::uint32_t i = 0; i < size; ++i) places[i] = i;
  if (!sort_places(run, a, items, places)) return Cell::of(Tag::Failed);
  List* const list = run.new_list(static_cast<std::uint32_t>(size), false);
  list->size = static_cast<std::uint32_t>(size);
  for (std::size_t i = 0; i < size; ++i) list->items[i] = items.at(places[i]);
  return Cell::array(list);
}

constexpr std::array<Native, 8> kFunctions = {{
    {"count", "<a:n>", "how many items a list has; 0 without a value, 1 for what is no list",
     fn_count},
    {"append", "<xx:a>", "one list behind another", fn_append, 2},
    {"reverse", "<a:a>", "the list from its end to its beginning", fn_reverse},
    {"random", "<:n>", "a number from 0 up to 1, another one each time", fn_random, 0, false,
     "a run must give the same result when replayed"},
    {"shuffle", "<a:a>", "the list in random order", fn_shuffle, 1, false,
     "a run must give the same result when replayed"},
    {"zip", "<a+>", "lists of the first items, of the second ones, and so on", fn_zip, 0},
    {"distinct", "<x:x>", "the list without what is in it twice", fn_distinct},
    {"sort", "<af?:a>",
     "the list in order; with a function that says whether its first argument comes after its "
     "second",
     fn_sort, 2},
}};

}  // namespace

std::span<const Native> array_natives() {
  return kFunctions;
}

}  // namespace fermata::jsonata
