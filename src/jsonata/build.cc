// Counting, failing, and making values in the arena.
#include <algorithm>

#include "jsonata/lexer.h"
#include "jsonata/run.h"

namespace fermata::jsonata {
namespace {

// Above this many members a record gets a table.
constexpr std::uint32_t kScanMax = 16;

std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

void enter(Record& record, std::uint32_t place) {
  std::uint32_t at = hash_of(record.keys[place].view()) % record.table_size;
  while (record.table[at] != UINT32_MAX) at = (at + 1) % record.table_size;
  record.table[at] = place;
}

void rebuild_table(Arena& memory, Record& record) {
  record.table_size = record.capacity * 2 + 1;
  record.table = memory.array<std::uint32_t>(record.table_size);
  std::fill_n(record.table, record.table_size, UINT32_MAX);
  for (std::uint32_t i = 0; i < record.size; ++i) enter(record, i);
}

void grow(Arena& memory, Record& record) {
  const std::uint32_t capacity = std::max<std::uint32_t>(8, record.size * 2);
  Key* const keys = memory.array<Key>(capacity);
  Cell* const values = memory.array<Cell>(capacity);
  std::copy_n(record.keys, record.size, keys);
  std::copy_n(record.values, record.size, values);
  record.keys = keys;
  record.values = values;
  record.capacity = capacity;
  if (capacity > kScanMax) rebuild_table(memory, record);
}

}  // namespace

Cell Run::fail_at(const char* code, std::uint32_t position, std::string token) {
  if (!failure) failure = make_failure(code, position, std::move(token));
  return Cell::of(Tag::Failed);
}

Cell Run::fail(const char* code, std::string token) {
  return fail_at(code, 0, std::move(token));
}

bool Run::out_of_steps() {
  steps_left_ = 0;
  fail("U1002");
  return false;
}

bool Run::steps(std::uint64_t count) {
  if (static_cast<std::uint64_t>(steps_left_) < count) return out_of_steps();
  steps_left_ -= static_cast<std::int64_t>(count);
  return true;
}

bool Run::room_for_items(std::uint64_t count) {
  if (count > items_left_) {
    items_left_ = 0;
    fail("U1003");
    return false;
  }
  items_left_ -= count;
  return true;
}

bool Run::room_for_text(std::uint64_t bytes) {
  if (bytes > text_left_) {
    text_left_ = 0;
    fail("U1004");
    return false;
  }
  text_left_ -= bytes;
  return true;
}

List* Run::new_list(std::uint32_t capacity, bool is_sequence) {
  List* const list = memory.make(List{});
  list->is_sequence = is_sequence;
  list->capacity = capacity;
  if (capacity > 0) list->items = memory.array<Cell>(capacity);
  return list;
}

bool Run::push(List& list, const Cell& item) {
  if (list.size == list.capacity) {
    const std::uint32_t capacity = std::max<std::uint32_t>(4, list.capacity * 2);
    if (!room_for_items(capacity - list.capacity)) return false;
    const std::size_t before = list.capacity * sizeof(Cell);
    if (list.items == nullptr || !memory.extend(list.items, before, capacity * sizeof(Cell))) {
      Cell* const items = memory.array<Cell>(capacity);
      std::copy_n(list.items, list.size, items);
      list.items = items;
    }
    list.capacity = capacity;
  }
  list.items[list.size++] = item;
  return true;
}

Record* Run::new_record(std::uint32_t capacity) {
  Record* const record = memory.make(Record{});
  if (capacity > 0) {
    record->keys = memory.array<Key>(capacity);
    record->values = memory.array<Cell>(capacity);
    record->capacity = capacity;
    if (capacity > kScanMax) rebuild_table(memory, *record);
  }
  return record;
}

bool Run::set(Record& record, std::string_view key, const Cell& value) {
  if (record.table != nullptr) {
    for (std::uint32_t at = hash_of(key) % record.table_size; record.table[at] != UINT32_MAX;
         at = (at + 1) % record.table_size) {
      const std::uint32_t place = record.table[at];
      if (record.keys[place].view() != key) continue;
      record.values[place] = value;
      return true;
    }
  } else {
    for (std::uint32_t i = 0; i < record.size; ++i) {
      if (record.keys[i].view() != key) continue;
      record.values[i] = value;
      return true;
    }
  }
  if (!room_for_items(1)) return false;
  if (record.size >= record.capacity) grow(memory, record);
  const_cast<Key*>(record.keys)[record.size] = {key.data(), static_cast<std::uint32_t>(key.size())};
  record.values[record.size] = value;
  ++record.size;
  if (record.table != nullptr) enter(record, record.size - 1);
  return true;
}

Cell Run::text(std::string_view content) {
  if (!room_for_text(content.size())) return Cell::of(Tag::Failed);
  return Cell::string({memory.copy(content), content.size()});
}

Cell Run::sequence_of(const Cell& item) {
  List* const list = new_list(1, true);
  list->items[0] = item;
  list->size = 1;
  return Cell::array(list);
}

Cell Run::append(const Cell& left, const Cell& right) {
  if (left.is_undefined()) return right;
  if (right.is_undefined()) return left;
  const Items first(left);
  const Items second(right);
  const std::size_t size = first.size() + second.size();
  if (!room_for_items(size)) return Cell::of(Tag::Failed);
  List* const list = new_list(static_cast<std::uint32_t>(size), false);
  for (std::size_t i = 0; i < first.size(); ++i) list->items[list->size++] = first.at(i);
  for (std::size_t i = 0; i < second.size(); ++i) list->items[list->size++] = second.at(i);
  return Cell::array(list);
}

Cell Run::merged_items(const Cell& array) {
  const Items items(array);
  if (items.size() == 0) return {};
  if (items.size() == 1) return items.at(0);
  List* const list = new_list(static_cast<std::uint32_t>(items.size()), false);
  if (!room_for_items(items.size())) return Cell::of(Tag::Failed);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Cell item = items.at(i);
    if (item.is_undefined()) continue;
    const Items inner(item);
    for (std::size_t k = 0; k < inner.size(); ++k) {
      if (!push(*list, inner.at(k))) return Cell::of(Tag::Failed);
    }
  }
  return Cell::array(list);
}

Frame* Run::new_frame(std::uint32_t slots, Frame* outer) {
  auto* const frame = static_cast<Frame*>(memory.take(sizeof(Frame) + slots * sizeof(Cell)));
  if (!room_for_items(slots)) return nullptr;
  frame->outer = outer;
  frame->scope = nullptr;
  frame->size = slots;
  std::fill_n(frame->slots(), slots, Cell::of(Tag::Unbound));
  return frame;
}

}  // namespace fermata::jsonata
