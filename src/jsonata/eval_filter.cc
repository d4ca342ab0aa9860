// Predicates, groupings and order-by. Documentation: "Predicate expressions", "Grouping",
// "Sorting".
#include <cmath>
#include <vector>

#include "jsonata/run.h"
#include "jsonata/text.h"

namespace fermata::jsonata {

namespace {

bool has_rows(const Cell& input) {
  return input.is_array() && !input.is_foreign() && input.list->is_tuples;
}

}  // namespace

// How often the item at `index` of `size` is kept for what a predicate gave: numbers choose by
// place, anything else by its truth.
std::uint32_t Run::selects(const Cell& verdict, std::size_t index, std::size_t size) {
  if (verdict.is(Tag::Bool)) return verdict.flag ? 1 : 0;
  const auto is_here = [&](double number) {
    const double place = std::floor(number);
    const double wanted = place < 0 ? static_cast<double>(size) + place : place;
    return wanted == static_cast<double>(index);
  };
  if (verdict.is(Tag::Number) && is_number(verdict)) return is_here(verdict.number) ? 1 : 0;
  if (verdict.is_array()) {
    const Items items(verdict);
    if (!steps(items.size())) return 0;
    bool all_numbers = true;
    std::uint32_t times = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Cell item = items.at(i);
      if (!is_number(item)) all_numbers = false;
      if (all_numbers && is_here(item.number)) ++times;
    }
    if (failed()) return 0;
    if (all_numbers) return times;
  }
  return truthy(verdict) ? 1 : 0;
}

Cell Run::row_value(Frame* row) {
  Record* const record = new_record(row->size);
  for (std::uint32_t i = 0; i < row->size; ++i) {
    const Cell& value = row->slots()[i];
    if (!value.is(Tag::Unbound) && !set(*record, row->scope->names[i], value))
      return Cell::of(Tag::Failed);
  }
  return Cell::object(record);
}

Cell Run::eval_at(const Op* op, const Cell& item, bool has_rows, Frame* frame) {
  if (!item.is(Tag::Tuple)) return eval(op, item, frame);
  Frame* const row = item.tuple;
  if (has_rows) return eval(op, row->slots()[0], row);
  const Cell value = row_value(row);
  Frame* const nothing = new_frame(row->size, row->outer);
  if (value.is_failed() || nothing == nullptr) return Cell::of(Tag::Failed);
  nothing->scope = row->scope;
  return eval(op, value, nothing);
}

Cell Run::filter(const Op* predicate, const Cell& input, Frame* frame) {
  const bool are_rows = has_rows(input);
  const Items items(input);
  const std::size_t size = items.size();
  List* const list = new_list(0, true);
  list->is_tuples = are_rows;
  if (predicate->kind == OpKind::Constant &&
      static_cast<const ConstantOp*>(predicate)->value.is(Tag::Number)) {
    double place = std::floor(static_cast<const ConstantOp*>(predicate)->value.number);
    if (place < 0) place += static_cast<double>(size);
    if (!(place >= 0 && place < static_cast<double>(size))) return Cell::array(list);
    const Cell item = items.at(static_cast<std::size_t>(place));
    if (item.is_array()) return item;
    if (!item.is_undefined()) push(*list, item);
    return Cell::array(list);
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (!step()) return Cell::of(Tag::Failed);
    const Cell item = items.at(i);
    const Cell verdict = eval_at(predicate, item, are_rows, frame);
    if (verdict.is_failed()) return verdict;
    std::uint32_t times = selects(verdict, i, size);
    if (failed()) return Cell::of(Tag::Failed);
    for (; times > 0; --times) {
      if (!push(*list, item)) return Cell::of(Tag::Failed);
    }
  }
  return Cell::array(list);
}

namespace {

struct Gathered {
  std::uint32_t pair = 0;
  Cell first;           // the only item so far …
  List* all = nullptr;  // … or all of them
};

// Adds an item to a group the way $append does: arrays are taken apart.
bool gather(Run& run, Gathered& group, const Cell& item) {
  if (item.is_undefined()) return true;
  if (group.all == nullptr) {
    if (group.first.is_undefined()) {
      group.first = item;
      return true;
    }
    group.all = run.new_list(8, false);
    group.all->is_tuples = item.is(Tag::Tuple);
    const Items before(group.first);
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (!run.push(*group.all, before.at(i))) return false;
    }
  }
  const Items items(item);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!run.push(*group.all, items.at(i))) return false;
  }
  return true;
}

// The rows of a group as one row: each place holds what all of them had, appended.
Frame* merged_rows(Run& run, const Gathered& group, std::uint32_t slots) {
  if (group.all == nullptr) return group.first.tuple;
  Frame* const merged = run.new_frame(slots, group.all->items[0].tuple->outer);
  if (merged == nullptr) return nullptr;
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    Gathered values;
    bool is_bound = false;
    for (std::uint32_t i = 0; i < group.all->size; ++i) {
      const Cell value = group.all->items[i].tuple->slots()[slot];
      if (value.is(Tag::Unbound)) continue;
      is_bound = true;
      if (!gather(run, values, value)) return nullptr;
    }
    if (is_bound)
      merged->slots()[slot] = values.all != nullptr ? Cell::array(values.all) : values.first;
  }
  return merged;
}

}  // namespace

Cell Run::group(const GroupOp& op, const Cell& input, Frame* frame) {
  const bool are_rows = has_rows(input);
  const Items items(input);
  // Keys to places in `groups`, by way of a record: that keeps their order.
  Record* const places = new_record(8);
  std::vector<Gathered> groups;
  const std::size_t rounds = items.size() == 0 && !are_rows ? 1 : items.size();
  for (std::size_t i = 0; i < rounds; ++i) {
    if (!step()) return Cell::of(Tag::Failed);
    const Cell item = items.size() == 0 ? Cell() : items.at(i);
    const bool is_row = item.is(Tag::Tuple);
    for (std::uint32_t pair = 0; pair < op.count; ++pair) {
      const Cell key = is_row ? eval(op.keys[pair], item.tuple->slots()[0], item.tuple)
                              : eval(op.keys[pair], item, frame);
      if (key.is_failed()) return key;
      if (key.is_undefined()) continue;
      if (!key.is_text()) return fail_at("T1003", op.position);
      if (key.view() == "_jsonata_lambda" || key.view() == "_jsonata_function")
        return fail_at("D1013", op.position, std::string(key.view()));
      const Cell place = find_member(Cell::object(places), key.view());
      if (place.is_undefined()) {
        if (!set(*places, key.view(), Cell::real(static_cast<double>(groups.size()))))
          return Cell::of(Tag::Failed);
        groups.push_back({pair, item, nullptr});
        continue;
      }
      Gathered& found = groups[static_cast<std::size_t>(place.number)];
      if (found.pair != pair) return fail_at("D1009", op.position, std::string(key.view()));
      if (!gather(*this, found, item)) return Cell::of(Tag::Failed);
    }
  }
  Record* const result = new_record(static_cast<std::uint32_t>(groups.size()));
  Members members(Cell::object(places));
  while (members.next()) {
    const Gathered& found = groups[static_cast<std::size_t>(members.value().number)];
    Cell context = found.all != nullptr ? Cell::array(found.all) : found.first;
    Frame* inner = frame;
    if (found.first.is(Tag::Tuple)) {
      inner = merged_rows(*this, found, op.tuple_slots);
      if (inner == nullptr) return Cell::of(Tag::Failed);
      context = inner->slots()[0];
    }
    const Cell value = eval(op.values[found.pair], context, inner);
    if (value.is_failed()) return value;
    if (!value.is_undefined() && !set(*result, members.key(), value)) return Cell::of(Tag::Failed);
  }
  return Cell::object(result);
}

namespace {

// Sorts by keys that are made when they are first needed, each once.
class OrderBy {
 public:
  OrderBy(Run& run, const StepOp& step, const Cell& input, Frame* frame)
      : run_(run), step_(step), items_(input), has_rows_(has_rows(input)), frame_(frame) {
    const std::size_t count = items_.size() * step.term_count;
    keys_ = run.memory.array<Cell>(count);
    for (std::size_t i = 0; i < count; ++i) keys_[i] = Cell::of(Tag::Unbound);
  }

  // Whether the left one belongs behind the right one.
  bool is_after(std::uint32_t left, std::uint32_t right) {
    for (std::uint32_t term = 0; term < step_.term_count; ++term) {
      const Cell& mine = key(left, term);
      const Cell& other = key(right, term);
      if (run_.failed()) return false;
      const int order = compare(mine, other, step_.terms[term].is_descending);
      if (order != 0) return order > 0;
    }
    return false;
  }

 private:
  const Cell& key(std::uint32_t item, std::uint32_t term) {
    Cell& place = keys_[std::size_t{item} * step_.term_count + term];
    if (place.is(Tag::Unbound)) {
      place = run_.eval_at(step_.terms[term].key, items_.at(item), has_rows_, frame_);
    }
    return place;
  }

  // Members that are missing come last, whatever the direction.
  int compare(const Cell& left, const Cell& right, bool is_descending) {
    int order = 0;
    if (left.is(Tag::Number) && right.is(Tag::Number)) {
      if (left.number == right.number) return 0;
      order = left.number < right.number ? -1 : 1;
    } else {
      if (left.is_undefined()) return right.is_undefined() ? 0 : 1;
      if (right.is_undefined()) return -1;
      const auto fits = [](const Cell& cell) { return cell.is(Tag::Number) || cell.is_text(); };
      if (!fits(left) || !fits(right) || left.tag != right.tag) {
        run_.fail_at(fits(left) && fits(right) ? "T2007" : "T2008", step_.position);
        return 0;
      }
      order = compare_text(left.view(), right.view());
    }
    return is_descending ? -order : order;
  }

  Run& run_;
  const StepOp& step_;
  const Items items_;
  const bool has_rows_;
  Frame* frame_;
  Cell* keys_ = nullptr;
};

}  // namespace

Cell Run::sort_items(const StepOp& sort, const Cell& input, Frame* frame) {
  const Items items(input);
  const std::size_t size = items.size();
  if (size <= 1) {
    const bool stays = is_sequence(input) || is_cons(input);
    if (stays) return input;
    return size == 1 ? sequence_of(items.at(0)) : Cell::array(new_list(0, true));
  }
  if (!room_for_items(size * 3)) return Cell::of(Tag::Failed);
  List* const list = new_list(static_cast<std::uint32_t>(size), false);
  bool keeps_memory = false;
  for (std::uint32_t i = 0; i < sort.term_count; ++i)
    keeps_memory = keeps_memory || sort.terms[i].key->keeps_memory;
  const Arena::Mark mark = memory.mark();
  OrderBy order(*this, sort, input, frame);
  std::uint32_t* const places = memory.array<std::uint32_t>(size);
  for (std::uint32_t i = 0; i < size; ++i) places[i] = i;
  const bool is_done =
      merge_sort(places, static_cast<std::uint32_t>(size), memory.array<std::uint32_t>(size),
                 [&](std::uint32_t a, std::uint32_t b) { return order.is_after(a, b); });
  if (!is_done) return Cell::of(Tag::Failed);
  list->size = static_cast<std::uint32_t>(size);
  for (std::size_t i = 0; i < size; ++i) list->items[i] = items.at(places[i]);
  // The keys have done their work.
  if (!keeps_memory) memory.release(mark);
  return Cell::array(list);
}

}  // namespace fermata::jsonata
