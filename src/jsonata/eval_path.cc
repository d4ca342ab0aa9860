// Paths without bindings. Documentation: "Path operators", "Sequences", "Predicates".
#include <cmath>

#include "jsonata/path_run.h"

namespace fermata::jsonata {

bool Out::start_list() {
  list_ = run_.new_list(8, true);
  list_->items[0] = first_;
  list_->size = 1;
  return true;
}

bool Out::push_pending() {
  if (!has_pending_) return true;
  has_pending_ = false;
  const Cell value = pending_;
  if (is_cons(value)) return push(value);
  const Items items(value);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!push(items.at(i))) return false;
  }
  return true;
}

bool Out::raw_array(const Cell& value, bool is_last) {
  const bool is_first = ++raws_ == 1;
  // Before the last step it does not matter whose array the items are in.
  const bool is_kept = is_sequence(value) && value.list->keep_singleton;
  if (is_first && (is_last ? !is_sequence(value) : !is_cons(value) && !is_kept)) {
    pending_ = value;
    has_pending_ = true;
    return true;
  }
  if (!push_pending()) return false;
  if (is_cons(value)) return push(value);
  const Items items(value);
  if (!run_.steps(items.size())) return false;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!push(items.at(i))) return false;
  }
  return true;
}

Cell Out::take(bool is_last) {
  const bool is_nothing = has_pending_ && !is_last && Items(pending_).size() == 0;
  if (has_pending_ && !is_nothing) return pending_;
  if (size_ == 0) return Cell::array(run_.new_list(0, true));
  if (size_ == 1) return run_.sequence_of(first_);
  return Cell::array(list_);
}

bool PathRun::give_items(std::uint32_t index, const Cell& array) {
  const Items items(array);
  const bool frees = out_->folds();
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Arena::Mark mark = run_.memory.mark();
    if (!feed(index + 1, items.at(i))) return false;
    if (frees && out_->is_empty()) run_.memory.release(mark);
  }
  return true;
}

bool PathRun::give(std::uint32_t index, const Cell& value) {
  if (index == end_) return out_->raw(value, index + 1 == path_.count);
  if (value.is_array() && !is_cons(value)) return give_items(index, value);
  return feed(index + 1, value);
}

bool PathRun::feed_name(std::uint32_t index, const StepOp& step, const Cell& item) {
  if (item.is(Tag::Object)) {
    const Cell value = find_member(item, step.key.key, run_.hints[step.key.site & run_.hint_mask]);
    return value.is_undefined() || give(index, value);
  }
  if (!item.is_array()) return true;
  const Cell value = run_.settle(run_.lookup(item, step.key.key.view()), step.op);
  if (value.is_failed()) return false;
  return value.is_undefined() || give(index, value);
}

bool PathRun::feed_descendants(std::uint32_t index, const Cell& item) {
  if (item.is_undefined()) return true;
  if (!run_.step()) return false;
  if (!item.is_array() && !give_item(index, item)) return false;
  if (!item.is_array() && !item.is(Tag::Object)) return true;
  DataLevel level(run_);
  if (!level.fits()) return false;
  if (item.is_array()) {
    const Items items(item);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!feed_descendants(index, items.at(i))) return false;
    }
    return true;
  }
  Members members(item);
  while (members.next()) {
    if (!feed_descendants(index, members.value())) return false;
  }
  return true;
}

bool PathRun::feed_other(std::uint32_t index, const StepOp& step, const Cell& item) {
  Cell value;
  if (step.kind == StepOp::Kind::Name) {
    std::uint32_t& hint = run_.hints[step.key.site & run_.hint_mask];
    value = item.is(Tag::Object) ? find_member(item, step.key.key, hint)
                                 : run_.settle(run_.lookup(item, step.key.key.view()), step.op);
  } else {
    value = run_.eval(step.op, item, frame_);
  }
  if (value.is_failed()) return false;
  if (step.stage_count == 0) return value.is_undefined() || give(index, value);
  for (std::uint32_t i = 0; i + 1 < step.stage_count; ++i) {
    value = run_.filter(step.stages[i].predicate, value, frame_);
    if (value.is_failed()) return false;
  }
  return filter_into(index, step.stages[step.stage_count - 1].predicate, value);
}

// The last predicate of a step: what it keeps goes on at once.
bool PathRun::filter_into(std::uint32_t index, const Op* predicate, const Cell& input) {
  if (predicate->kind == OpKind::Constant || input.is_undefined()) {
    const Cell kept = run_.filter(predicate, input, frame_);
    if (kept.is_failed()) return false;
    if (is_sequence(kept)) {
      if (index == end_ && !out_->open_sequence()) return false;
      const Items items(kept);
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (!give_item(index, items.at(i))) return false;
      }
      return true;
    }
    return give(index, kept);
  }
  if (index == end_ && !out_->open_sequence()) return false;
  const Items items(input);
  const std::size_t size = items.size();
  for (std::size_t i = 0; i < size; ++i) {
    if (!run_.step()) return false;
    const Cell item = items.at(i);
    const Arena::Mark mark = run_.memory.mark();
    const Cell verdict = run_.eval(predicate, item, frame_);
    if (verdict.is_failed()) return false;
    if (verdict.is(Tag::Bool)) {
      if (!predicate->keeps_memory) run_.memory.release(mark);
      if (verdict.flag && !give_item(index, item)) return false;
      continue;
    }
    std::uint32_t times = run_.selects(verdict, i, size);
    if (run_.failed()) return false;
    for (; times > 0; --times) {
      if (!give_item(index, item)) return false;
    }
  }
  return true;
}

bool PathRun::feed(std::uint32_t index, const Cell& item) {
  const StepOp& step = path_.steps[index];
  if (step.stage_count == 0) {
    if (step.kind == StepOp::Kind::Name) return feed_name(index, step, item);
    if (step.kind == StepOp::Kind::Descendant) {
      if (index == end_ && !out_->open_sequence()) return false;
      return feed_descendants(index, item);
    }
  }
  return feed_other(index, step, item);
}

Cell PathRun::steps(std::uint32_t from, std::uint32_t to, const Cell& input) {
  Cell current = input;
  for (std::uint32_t at = from; at < to;) {
    const StepOp& step = path_.steps[at];
    if (step.kind == StepOp::Kind::Sort) {
      current = run_.sort_items(step, current, frame_);
      for (std::uint32_t i = 0; i < step.stage_count && !current.is_failed(); ++i)
        current = run_.filter(step.stages[i].predicate, current, frame_);
      ++at;
    } else if (at == 0 && step.is_cons) {
      current =
          run_.eval(step.op, current.is_array() ? current : run_.sequence_of(current), frame_);
      ++at;
      // What a predicate picked from the constructor is no stream of items.
      if (at < to && !current.is_array() && !current.is_failed())
        current = Cell::array(run_.new_list(0, true));
    } else {
      end_ = std::min(step.segment_end, to - 1);
      Fold* const fold = end_ + 1 == path_.count ? fold_ : nullptr;
      Out out(run_, fold);
      out_ = &out;
      const Items items(current);
      for (std::size_t i = 0; i < items.size(); ++i) {
        const Arena::Mark mark = run_.memory.mark();
        if (!run_.step() || !feed(at, items.at(i))) return Cell::of(Tag::Failed);
        // A fold keeps numbers only.
        if (fold != nullptr && out.is_empty()) run_.memory.release(mark);
      }
      // An array that came alone is counted as one.
      if (fold != nullptr && out.is_empty()) return Cell::of(Tag::Unbound);
      at = end_ + 1;
      // The usual end of a path: one value, which stands for itself.
      const bool is_plain = at == path_.count && path_.group == nullptr && !path_.keeps_singleton &&
                            !path_.keeps_array;
      if (is_plain && out.is_single()) return out.single();
      if (is_plain && out.is_empty()) return {};
      current = out.take(at == path_.count);
    }
    if (current.is_failed()) return current;
    if (current.is_undefined() || (current.is_array() && Items(current).size() == 0)) break;
  }
  return current;
}

Cell Run::eval_field(const FieldOp& op, const Cell& context, Frame* frame, Fold* fold) {
  Cell value = context;
  if (op.base != nullptr) value = eval(op.base, context, frame);
  if (value.is_failed()) return value;
  for (std::uint32_t i = 0; i < op.count; ++i) {
    if (!value.is(Tag::Object)) {
      if (!value.is_array()) return {};
      // An array on the way: the general rules, from here on.
      std::array<StepOp, 8> near;
      StepOp* const steps =
          op.count - i <= near.size() ? near.data() : memory.array<StepOp>(op.count - i);
      PathOp path;
      path.count = op.count - i;
      path.steps = steps;
      for (std::uint32_t k = 0; k < path.count; ++k) {
        steps[k] = StepOp{};
        steps[k].kind = StepOp::Kind::Name;
        steps[k].key = op.keys[i + k];
        steps[k].op = &op;
        steps[k].segment_end = path.count - 1;
      }
      return settle(PathRun(*this, path, nullptr, fold).steps(0, path.count, value), &op);
    }
    value = find_member(value, op.keys[i].key, hints[op.keys[i].site & hint_mask]);
  }
  return value.is_array() ? settle(value, &op) : value;
}

Cell Run::eval_path(const PathOp& op, const Cell& context, Frame* frame, Fold* fold) {
  const bool takes_items = context.is_array() && !op.starts_with_variable;
  const Cell input = takes_items || !context.is_array() ? context : sequence_of(context);
  Cell result = PathRun(*this, op, frame, fold).steps(0, op.count, input);
  if (result.is_failed() || result.is(Tag::Unbound)) return result;
  if (op.keeps_singleton && result.is_array() && !result.is_foreign()) {
    if (result.list->is_cons && !result.list->is_sequence) result = sequence_of(result);
    result.list->keep_singleton = true;
  }
  if (op.group != nullptr) result = group(*op.group, result, frame);
  return result.is_failed() ? result : settle(result, &op);
}

}  // namespace fermata::jsonata
