// Paths that carry bindings: `@$v`, `#$i` and the parents that `%` asks for. Every step turns rows
// into rows. Documentation: "Context variable binding", "Positional variable binding", "Parent".
#include "jsonata/path_run.h"

namespace fermata::jsonata {
namespace {

// Whether an operation gives true, false or nothing, whatever it works on.
bool gives_truth(const Op* op) {
  switch (op->kind) {
    case OpKind::Equal:
    case OpKind::NotEqual:
    case OpKind::Less:
    case OpKind::LessEqual:
    case OpKind::Greater:
    case OpKind::GreaterEqual:
    case OpKind::And:
    case OpKind::Or:
    case OpKind::In:
      return true;
    default:
      return false;
  }
}

}  // namespace

class TupleRun {
 public:
  TupleRun(Run& run, const PathOp& path, Frame* frame) : run_(run), path_(path), frame_(frame) {}

  // Rows after the last step; null when the run failed.
  List* rows(const Cell& input) {
    List* rows = run_.new_list(8, true);
    const Items items(input);
    for (std::size_t i = 0; i < items.size(); ++i) {
      Frame* const row = new_row(nullptr);
      if (row == nullptr) return nullptr;
      row->slots()[0] = items.at(i);
      if (!run_.push(*rows, Cell::of_tuple(row))) return nullptr;
    }
    rows->is_tuples = true;
    for (std::uint32_t i = path_.tuple_start; i < path_.count && rows != nullptr; ++i) {
      const StepOp& step = path_.steps[i];
      rows = step.kind == StepOp::Kind::Sort ? sorted(step, *rows) : stepped(step, *rows);
    }
    return rows;
  }

 private:
  Frame* new_row(Frame* from) {
    if (spare_ != nullptr && from != nullptr) {
      Frame* const row = spare_;
      spare_ = nullptr;
      std::copy_n(from->slots(), path_.tuple_slots, row->slots());
      return row;
    }
    Frame* const row = run_.new_frame(path_.tuple_slots, frame_);
    if (row != nullptr) row->scope = path_.names;
    if (row != nullptr && from != nullptr)
      std::copy_n(from->slots(), path_.tuple_slots, row->slots());
    return row;
  }

  List* sorted(const StepOp& step, const List& rows) {
    const bool is_first = &step == path_.steps + path_.tuple_start;
    const bool binds_index = is_first && step.index_slot != 0;
    List* input = run_.new_list(0, true);
    *input = rows;
    const Cell result = run_.sort_items(step, Cell::array(input), frame_);
    if (result.is_failed()) return nullptr;
    List* out = result.list;
    for (std::uint32_t i = 0; binds_index && i < out->size; ++i)
      out->items[i].tuple->slots()[step.index_slot] = Cell::real(i);
    if (is_first) out->is_tuples = true;
    return staged(step, out, 0);
  }

  // One value that the step gave for a row.
  bool add(const StepOp& step, Frame* from, const Cell& value, std::size_t index, List& out) {
    if (!run_.step()) return false;
    Frame* const row = new_row(from);
    if (row == nullptr) return false;
    Cell* const slots = row->slots();
    if (value.is(Tag::Tuple)) {
      const Cell* const inner = value.tuple->slots();
      slots[0] = inner[0];
      for (std::uint32_t i = 0; i < step.inner_count; ++i) {
        if (!inner[i + 1].is(Tag::Unbound)) slots[step.inner_slots[i]] = inner[i + 1];
      }
    } else {
      slots[step.focus_slot] = value;  // the item itself when there is no variable
      if (step.index_slot != 0) slots[step.index_slot] = Cell::real(static_cast<double>(index));
      if (step.ancestor_slot != 0) slots[step.ancestor_slot] = from->slots()[0];
    }
    if (is_early_) {
      const Cell verdict = run_.eval(step.stages[0].predicate, slots[0], row);
      if (verdict.is_failed()) return false;
      if (!run_.truthy(verdict)) {
        // A closure made by the predicate may have kept the row.
        if (!step.stages[0].predicate->keeps_memory) spare_ = row;
        return true;
      }
    }
    return run_.push(out, Cell::of_tuple(row));
  }

  List* stepped(const StepOp& step, const List& rows) {
    List* const out = run_.new_list(8, true);
    out->is_tuples = true;
    const bool is_name = step.kind == StepOp::Kind::Name;
    is_early_ = is_name && step.stage_count > 0 && step.stages[0].predicate != nullptr &&
                gives_truth(step.stages[0].predicate);
    for (std::uint32_t i = 0; i < rows.size; ++i) {
      Frame* const row = rows.items[i].tuple;
      const Cell item = row->slots()[0];
      const Cell value =
          is_name && item.is(Tag::Object)
              ? find_member(item, step.key.key, run_.hints[step.key.site & run_.hint_mask])
              : run_.eval(step.op, item, row);
      if (value.is_failed()) return nullptr;
      if (value.is_undefined()) continue;
      const Items items(value);
      for (std::size_t k = 0; k < items.size(); ++k) {
        if (!add(step, row, items.at(k), k, *out)) return nullptr;
      }
    }
    return staged(step, out, is_early_ ? 1 : 0);
  }

  List* staged(const StepOp& step, List* rows, std::uint32_t from) {
    for (std::uint32_t i = from; i < step.stage_count; ++i) {
      const StageOp& stage = step.stages[i];
      if (stage.predicate == nullptr) {
        for (std::uint32_t k = 0; k < rows->size; ++k)
          rows->items[k].tuple->slots()[stage.index_slot] = Cell::real(k);
        continue;
      }
      const Cell kept = run_.filter(stage.predicate, Cell::array(rows), frame_);
      if (kept.is_failed()) return nullptr;
      rows = kept.list;
    }
    return rows;
  }

  Run& run_;
  const PathOp& path_;
  Frame* frame_;
  Frame* spare_ = nullptr;  // a row that was thrown away
  bool is_early_ = false;   // the first predicate decides before a row is kept
};

Cell Run::eval_tuple_path(const PathOp& op, const Cell& context, Frame* frame) {
  const bool takes_items = context.is_array() && !op.starts_with_variable;
  Cell input = takes_items ? context : sequence_of(context);
  if (op.tuple_start > 0) {
    input = PathRun(*this, op, frame).steps(0, op.tuple_start, input);
    if (input.is_failed()) return input;
    if (!input.is_array()) input = sequence_of(input);
    if (Items(input).size() == 0) {
      if (op.group == nullptr) return settle(input, &op);
      Frame* const nothing = new_frame(op.tuple_slots, frame);
      return nothing == nullptr ? Cell::of(Tag::Failed) : group(*op.group, input, nothing);
    }
  }
  List* const rows = TupleRun(*this, op, frame).rows(input);
  if (rows == nullptr) return Cell::of(Tag::Failed);
  List* result = rows;
  if (!op.gives_tuples) {
    result = new_list(rows->size, true);
    for (std::uint32_t i = 0; i < rows->size; ++i)
      result->items[result->size++] = rows->items[i].tuple->slots()[0];
  }
  if (op.keeps_singleton) result->keep_singleton = true;
  const bool is_plain = !rows->is_tuples;
  if (is_plain && (op.group != nullptr || op.gives_tuples)) {
    for (std::uint32_t i = 0; i < rows->size; ++i) {
      rows->items[i] = row_value(rows->items[i].tuple);
      if (rows->items[i].is_failed()) return rows->items[i];
    }
    rows->is_sequence = false;
  }
  if (op.group != nullptr) {
    if (is_plain && (frame = new_frame(op.tuple_slots, frame)) == nullptr)
      return Cell::of(Tag::Failed);
    return group(*op.group, Cell::array(rows), frame);
  }
  return settle(Cell::array(result), &op);
}

}  // namespace fermata::jsonata
