#include "json/browse.h"

#include <algorithm>
#include <utility>

#include "foundation/beginning.h"
#include "json/pointer.h"
#include "json/text.h"

namespace fermata::json {
namespace {

// A part with less room than this would show nothing.
constexpr std::size_t kLeastBytes = 24;
// Around a match, on each side.
constexpr std::size_t kAround = 40;

class Cutter {
 public:
  Value run(const Value& value, const HeadLimits& limits) { return cut(value, limits); }
  std::vector<Cut> cuts;

 private:
  // `room` is what is left of the limits at this place.
  Value cut(const Value& value, const HeadLimits& room) {
    if (value.is_string()) return cut_text(value, room.bytes);
    if (value.is_array()) return cut_list(value, room);
    if (value.is_object()) return cut_object(value, room);
    return value;
  }

  Value cut_text(const Value& value, std::size_t room) {
    const std::size_t bytes = text_bytes(value);
    if (bytes <= room) return value;
    const std::string_view text = view(value.get_string());
    const std::string_view shown = beginning_of(text, room > 2 ? room - 2 : 0);
    cuts.push_back({pointer_, "string", bytes, text.size(), shown.size()});
    return Value(shown);
  }

  // How much the next of `left` parts may take.
  static std::size_t share(std::size_t room, std::size_t left) {
    return std::max(room / left, std::min(room, kLeastBytes));
  }

  Value cut_list(const Value& value, const HeadLimits& room) {
    const Array& list = value.get_array();
    Array head;
    std::size_t bytes = room.bytes;
    for (std::size_t i = 0; room.depth > 0 && i < list.size() && bytes >= kLeastBytes; ++i) {
      const std::size_t before = pointer_.size();
      pointer_ += "/" + std::to_string(i);
      head.push_back(cut(list[i], {room.depth - 1, share(bytes, list.size() - i)}));
      pointer_.resize(before);
      bytes -= std::min(bytes, text_bytes(head.back()) + 1);
    }
    if (head.size() < list.size())
      cuts.push_back({pointer_, "array", text_bytes(value), list.size(), head.size()});
    return Value(std::move(head));
  }

  Value cut_object(const Value& value, const HeadLimits& room) {
    const Object& object = value.get_object();
    Object head;
    std::size_t bytes = room.bytes;
    for (const auto& member : object) {
      if (room.depth == 0 || bytes < kLeastBytes) break;
      const std::size_t before = pointer_.size();
      append_token(pointer_, member.key());
      const std::size_t name = member.key().size() + 4;
      const std::size_t given = share(bytes, object.size() - head.size());
      Value shown = cut(member.value(), {room.depth - 1, given > name ? given - name : 0});
      pointer_.resize(before);
      bytes -= std::min(bytes, text_bytes(shown) + name);
      head.emplace(member.key(), std::move(shown));
    }
    if (head.size() < object.size())
      cuts.push_back({pointer_, "object", text_bytes(value), object.size(), head.size()});
    return Value(std::move(head));
  }

  std::string pointer_;
};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

class Searcher {
 public:
  Searcher(std::string_view text, std::size_t limit) : text_(text), limit_(limit) {}

  Matches run(const Value& value) {
    look_at(value);
    return std::move(found_);
  }

 private:
  void look_at(const Value& value) {
    if (found_.has_more) return;
    if (value.is_object()) {
      for (const auto& member : value.get_object()) {
        const std::size_t before = pointer_.size();
        append_token(pointer_, member.key());
        take(member.key(), member.value(), true);
        look_at(member.value());
        pointer_.resize(before);
      }
    } else if (value.is_array()) {
      for (std::size_t i = 0; i < value.get_array().size(); ++i) {
        const std::size_t before = pointer_.size();
        pointer_ += "/" + std::to_string(i);
        look_at(value.get_array()[i]);
        pointer_.resize(before);
      }
    } else if (value.is_string()) {
      take(view(value.get_string()), value, false);
    } else {
      take(to_text(value), value, false);
    }
  }

  void take(std::string_view in, const Value& value, bool is_key) {
    const auto found = std::ranges::search(in, text_, {}, lower, lower);
    if (found.empty() || found_.has_more) return;
    found_.has_more = found_.items.size() == limit_;
    if (found_.has_more) return;
    const auto at = static_cast<std::size_t>(found.begin() - in.begin());
    const std::size_t from = beginning_of(in, at > kAround ? at - kAround : 0).size();
    const std::size_t to = beginning_of(in, at + text_.size() + kAround).size();
    found_.items.push_back(
        {pointer_, is_key, type_name(value), std::string(in.substr(from, to - from))});
  }

  std::string_view text_;
  std::size_t limit_;
  std::string pointer_;
  Matches found_;
};

}  // namespace

Head head_of(const Value& value, const HeadLimits& limits) {
  Cutter cutter;
  Head head{cutter.run(value, limits), text_bytes(value), {}};
  head.cuts = std::move(cutter.cuts);
  return head;
}

Matches search(const Value& value, std::string_view text, std::size_t limit) {
  return Searcher(text, limit).run(value);
}

}  // namespace fermata::json
