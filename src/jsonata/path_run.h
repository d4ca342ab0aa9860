#pragma once
// The steps of a path over a stream of items. Steps that cannot fail and have no effects (names,
// `**`) run item by item together with at most one other step, so that no list stands between them;
// the order in which authors' expressions are evaluated stays that of the language, step by step.

#include "jsonata/fold.h"
#include "jsonata/run.h"

namespace fermata::jsonata {

// What the last step of a segment gives. One value needs no memory.
class Out {
 public:
  Out(Run& run, Fold* fold) : run_(run), fold_(fold) {}

  bool push(const Cell& item) {
    if (fold_ != nullptr) {
      fold_->add(item);
      return !fold_->is_odd;
    }
    if (size_ == 0) {
      first_ = item;
      size_ = 1;
      return true;
    }
    if (size_ == 1 && !start_list()) return false;
    ++size_;
    return run_.push(*list_, item);
  }
  // The value of one evaluation of the last step: arrays are taken apart, unless it stays the only
  // one.
  bool raw(const Cell& value, bool is_last) {
    if (!value.is_array()) return ++raws_ == 1 ? push(value) : push_pending() && push(value);
    return raw_array(value, is_last);
  }
  // A sequence begins whose items come one by one.
  bool open_sequence() { return ++raws_ == 1 || push_pending(); }

  [[nodiscard]] bool is_empty() const { return size_ == 0 && !has_pending_; }
  // The items as an array: the one array that came, or a sequence.
  Cell take(bool is_last);
  // Whether items are folded: they then leave nothing behind.
  [[nodiscard]] bool folds() const { return fold_ != nullptr; }
  // The value of the path when nothing more happens to it.
  [[nodiscard]] bool is_single() const { return size_ == 1 && !has_pending_; }
  [[nodiscard]] const Cell& single() const { return first_; }

 private:
  bool start_list();
  bool raw_array(const Cell& value, bool is_last);
  bool push_pending();

  Run& run_;
  Fold* fold_;
  Cell first_;
  std::uint32_t size_ = 0;
  std::uint32_t raws_ = 0;
  bool has_pending_ = false;
  Cell pending_;
  List* list_ = nullptr;
};

class PathRun {
 public:
  PathRun(Run& run, const PathOp& path, Frame* frame, Fold* fold = nullptr)
      : run_(run), path_(path), frame_(frame), fold_(fold) {}

  // Steps [from, to) on the items of `input`; the array that the last one gives, or one item. With
  // a fold that took the items of the last step: Unbound.
  Cell steps(std::uint32_t from, std::uint32_t to, const Cell& input);

 private:
  bool feed(std::uint32_t index, const Cell& item);
  bool feed_name(std::uint32_t index, const StepOp& step, const Cell& item);
  bool feed_other(std::uint32_t index, const StepOp& step, const Cell& item);
  bool feed_descendants(std::uint32_t index, const Cell& item);
  bool filter_into(std::uint32_t index, const Op* predicate, const Cell& input);
  bool give(std::uint32_t index, const Cell& value);
  bool give_items(std::uint32_t index, const Cell& array);
  // An item of a sequence that a step gave.
  bool give_item(std::uint32_t index, const Cell& item) {
    return index == end_ ? out_->push(item) : feed(index + 1, item);
  }

  Run& run_;
  const PathOp& path_;
  Frame* frame_;
  Fold* fold_;
  Out* out_ = nullptr;
  std::uint32_t end_ = 0;
};

}  // namespace fermata::jsonata
