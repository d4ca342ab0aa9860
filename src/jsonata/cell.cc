#include "jsonata/cell.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace fermata::jsonata {
namespace {

// Objects of Boost.JSON have a hash table above this size; below it they are searched in order, and
// so do we, comparing lengths first.
constexpr std::size_t kScanMax = 18;

bool is_same(std::string_view left, const Key& right) {
  return left.size() == right.size && std::memcmp(left.data(), right.text, right.size) == 0;
}
std::string_view key_of(const boost::json::key_value_pair& member) {
  const auto key = member.key();
  return {key.data(), key.size()};
}

std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

std::uint32_t place_of(const Record& record, std::string_view key) {
  if (record.table != nullptr) {
    for (std::uint32_t at = hash_of(key) % record.table_size;; at = (at + 1) % record.table_size) {
      const std::uint32_t place = record.table[at];
      if (place == UINT32_MAX || record.keys[place].view() == key) return place;
    }
  }
  for (std::uint32_t i = 0; i < record.size; ++i) {
    if (is_same(key, record.keys[i])) return i;
  }
  return UINT32_MAX;
}

// Array indexes of ECMAScript: 0 to 4294967294 without leading zeros.
bool is_index(std::string_view key, std::uint64_t& number) {
  if (key.empty() || key.size() > 10 || (key[0] == '0' && key.size() > 1)) return false;
  number = 0;
  for (const char c : key) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number < 4294967295U;
}

}  // namespace

Cell find_member(const Cell& object, std::string_view key) {
  if (!object.is_foreign()) {
    const Record& record = *object.record;
    const std::uint32_t place = place_of(record, key);
    return place == UINT32_MAX ? Cell() : record.values[place];
  }
  const auto* const found = object.foreign_object->if_contains(key);
  return found == nullptr ? Cell() : of_json(*found);
}

Cell find_member(const Cell& object, const Key& key, std::uint32_t& hint) {
  if (!object.is_foreign()) {
    const Record& record = *object.record;
    if (hint < record.size && is_same(record.keys[hint].view(), key)) return record.values[hint];
    const std::uint32_t place = place_of(record, key.view());
    if (place == UINT32_MAX) return {};
    hint = place;
    return record.values[place];
  }
  const json::Object& members = *object.foreign_object;
  const auto* const begin = members.begin();
  const std::size_t size = members.size();
  if (hint < size && is_same(key_of(begin[hint]), key)) return of_json(begin[hint].value());
  if (size <= kScanMax) {
    for (std::size_t i = 0; i < size; ++i) {
      if (!is_same(key_of(begin[i]), key)) continue;
      hint = static_cast<std::uint32_t>(i);
      return of_json(begin[i].value());
    }
    return {};
  }
  const auto* const found = members.find(key.view());
  if (found == members.end()) return {};
  hint = static_cast<std::uint32_t>(found - begin);
  return of_json(found->value());
}

Members::Members(const Cell& object) : object_(object) {
  size_ = object.is_foreign() ? object.foreign_object->size() : object.record->size;
  bool has_index = false;
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size_ && !has_index; ++i) {
    const std::string_view key = object.is_foreign() ? key_of(object.foreign_object->begin()[i])
                                                     : object.record->keys[i].view();
    has_index = !key.empty() && key[0] >= '0' && key[0] <= '9' && is_index(key, number);
  }
  if (!has_index) return;
  struct Row {
    std::uint64_t rank;
    std::uint32_t place;
  };
  std::vector<Row> rows;
  for (std::size_t i = 0; i < size_; ++i) {
    load(i);
    const bool is_number = is_index(key_, number);
    rows.push_back({is_number ? number : UINT64_MAX, static_cast<std::uint32_t>(i)});
  }
  std::ranges::stable_sort(rows, {}, &Row::rank);
  order_ = new std::uint32_t[size_];
  for (std::size_t i = 0; i < size_; ++i) order_[i] = rows[i].place;
}

void Members::load(std::size_t index) {
  if (object_.is_foreign()) {
    const auto& member = object_.foreign_object->begin()[index];
    key_ = key_of(member);
    value_ = of_json(member.value());
  } else {
    key_ = object_.record->keys[index].view();
    value_ = object_.record->values[index];
  }
}

bool Members::next() {
  while (at_ < size_) {
    load(order_ == nullptr ? at_ : order_[at_]);
    ++at_;
    if (!value_.is_undefined()) return true;
  }
  return false;
}

std::size_t member_count(const Cell& object) {
  if (object.is_foreign()) return object.foreign_object->size();
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < object.record->size; ++i)
    count += object.record->values[i].is_undefined() ? 0U : 1U;
  return count;
}

}  // namespace fermata::jsonata
