// The transform operator | … | … | and the copy that it works on. Documentation: "Transform".
#include <cmath>

#include "jsonata/run.h"
#include "jsonata/serialize.h"

namespace fermata::jsonata {
namespace {

bool has_keys(const Record& shape, const Cell& object) {
  if (object.is_foreign()) {
    const json::Object& members = *object.foreign_object;
    if (members.size() != shape.size) return false;
    for (std::uint32_t i = 0; i < shape.size; ++i) {
      const auto key = members.begin()[i].key();
      if (shape.keys[i].view() != std::string_view(key.data(), key.size())) return false;
    }
    return true;
  }
  return false;
}

}  // namespace

Cell Run::clone_members(const Cell& object) {
  Record* const record = memory.make(Record{});
  const Record*& shape = shapes_[data_depth % shapes_.size()];
  const auto count = static_cast<std::uint32_t>(member_count(object));
  if (!room_for_items(count)) return Cell::of(Tag::Failed);
  if (shape != nullptr && has_keys(*shape, object)) {
    record->keys = shape->keys;
    record->values = memory.array<Cell>(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      record->values[i] = clone_value(of_json(object.foreign_object->begin()[i].value()));
      if (record->values[i].is_failed()) return record->values[i];
    }
    record->size = count;
    return Cell::object(record);
  }
  // The keys are left unowned on purpose: others may share them, and adding one copies them.
  Key* const keys = memory.array<Key>(count);
  record->keys = keys;
  record->values = memory.array<Cell>(count);
  bool is_in_order = object.is_foreign();
  Members members(object);
  while (members.next()) {
    const std::string_view key = members.key();
    if (is_in_order) {
      const auto written = object.foreign_object->begin()[record->size].key();
      is_in_order = written.data() == key.data();
    }
    keys[record->size] = {key.data(), static_cast<std::uint32_t>(key.size())};
    const Cell value = clone_value(members.value());
    if (value.is_failed()) return value;
    record->values[record->size++] = value;
  }
  if (is_in_order) shape = record;
  return Cell::object(record);
}

Cell Run::clone_value(const Cell& value) {
  switch (value.tag) {
    case Tag::Number:
      if (std::isinf(value.number)) return fail("D1001");
      return std::isnan(value.number) ? Cell::null()
                                      : Cell::real(rounded_to_15_digits(value.number));
    case Tag::Function:
      return Cell::string("");
    case Tag::Undefined:
      return Cell::null();
    case Tag::Array:
    case Tag::Object:
      break;
    default:
      return value;
  }
  DataLevel level(*this);
  if (!level.fits() || !step()) return Cell::of(Tag::Failed);
  if (value.is(Tag::Object)) return clone_members(value);
  const Items items(value);
  if (!room_for_items(items.size()) || !steps(items.size())) return Cell::of(Tag::Failed);
  List* const list = new_list(static_cast<std::uint32_t>(items.size()), false);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Cell item = clone_value(items.at(i));
    if (item.is_failed()) return item;
    list->items[list->size++] = item;
  }
  return Cell::array(list);
}

Cell Run::clone(const Cell& value) {
  if (value.is_undefined()) return {};
  shapes_.fill(nullptr);
  const bool is_outer = value.is_array() && !value.is_foreign() && value.list->is_outer;
  return clone_value(is_outer ? value.list->items[0] : value);
}

bool Run::change(const TransformOp& op, const Cell& match, Frame* frame) {
  // Only what the copy holds can be changed; the input never is.
  const bool is_ours = match.is(Tag::Object) && !match.is_foreign();
  const Cell update = eval(op.update, match, frame);
  if (update.is_failed()) return false;
  if (!update.is_undefined()) {
    if (!update.is(Tag::Object)) {
      fail_at("T2011", op.update_position);
      return false;
    }
    Members members(update);
    while (is_ours && members.next()) {
      if (!set(*match.record, members.key(), members.value())) return false;
    }
  }
  if (op.remove == nullptr) return true;
  const Cell removed = eval(op.remove, match, frame);
  if (removed.is_failed()) return false;
  if (removed.is_undefined()) return true;
  const Items names(removed);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!names.at(i).is_text()) {
      fail_at("T2012", op.remove_position);
      return false;
    }
  }
  for (std::size_t i = 0; is_ours && i < names.size(); ++i) {
    if (!find_member(match, names.at(i).view()).is_undefined())
      set(*match.record, names.at(i).view(), Cell());
  }
  return true;
}

Cell Run::transform(const Function& function, const Cell& input) {
  if (input.is_undefined()) return {};
  const TransformOp& op = *function.transform;
  Cell copy;
  if (op.clone != nullptr) {
    const Cell cloner = eval(op.clone, Cell::null(), function.frame);
    if (!cloner.is(Tag::Function)) return fail_at("T2013", op.position);
    Cell argument = input;
    copy = call(*cloner.function, &argument, 1, Cell::null(), function.frame);
  } else {
    copy = clone(input);
  }
  if (copy.is_failed()) return copy;
  const Cell matches = eval(op.pattern, copy, function.frame);
  if (matches.is_failed()) return matches;
  if (matches.is_undefined()) return copy;
  const Items items(matches);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!step() || !change(op, items.at(i), function.frame)) return Cell::of(Tag::Failed);
  }
  return copy;
}

}  // namespace fermata::jsonata
