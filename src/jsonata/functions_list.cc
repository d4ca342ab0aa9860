// Array and higher-order functions. Source: the language's documentation, "Array functions",
// "Higher order functions".
#include <algorithm>
#include <array>

#include "jsonata/evaluator.h"
#include "jsonata/functions.h"

namespace fermata::jsonata {
namespace {

using Arguments = std::vector<Val>;

Val index_of(std::size_t i) {
  return Val::number(static_cast<double>(i));
}

Val fn_count(Evaluator&, Arguments& a) {
  return index_of(a[0].is_undefined() ? 0 : a[0].size());
}
Val fn_append(Evaluator& e, Arguments& a) {
  return append(e, a[0], a[1]);
}

Val fn_reverse(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined() || a[0].size() < 2) return a[0];
  if (!e.spend_items(a[0].size())) return {};
  std::vector<Val> items;
  for (std::size_t i = a[0].size(); i-- > 0;) items.push_back(a[0].at(i));
  return list(std::move(items));
}

Val fn_distinct(Evaluator& e, Arguments& a) {
  if (!a[0].is_array() || a[0].size() < 2) return a[0];
  std::vector<Val> kept;
  for (std::size_t i = 0; i < a[0].size(); ++i) {
    const Val item = a[0].at(i);
    if (!e.spend_items(kept.size() / 16 + 1)) return {};
    if (std::ranges::none_of(kept, [&](const Val& other) { return deep_equal(item, other); }))
      kept.push_back(item);
  }
  Val result = list(std::move(kept));
  if (a[0].is_sequence()) result.own_array()->is_sequence = true;
  return result;
}

Val fn_zip(Evaluator& e, Arguments& a) {
  std::size_t shortest = a.empty() ? 0 : SIZE_MAX;
  for (const Val& array : a) shortest = std::min(shortest, array.is_undefined() ? 0 : array.size());
  std::vector<Val> rows;
  for (std::size_t i = 0; i < shortest; ++i) {
    if (!e.spend_items(a.size())) return {};
    std::vector<Val> row;
    for (const Val& array : a) row.push_back(array.at(i));
    rows.push_back(list(std::move(row)));
  }
  return list(std::move(rows));
}

bool default_greater(const Val& left, const Val& right) {
  if (left.is_number()) return left.as_number() > right.as_number();
  return left.as_text() > right.as_text();
}

// A stable merge sort that may call the author's comparator, which says whether left comes after
// right.
Val fn_sort(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined() || a[0].size() < 2) return a[0];
  std::vector<Val> items;
  for (std::size_t i = 0; i < a[0].size(); ++i) items.push_back(a[0].at(i));
  if (!a[1].is_function()) {
    const Tag tag = items.front().tag();
    const bool is_plain =
        (tag == Tag::Number || tag == Tag::String) &&
        std::ranges::all_of(items, [&](const Val& item) { return item.tag() == tag; });
    if (!is_plain) return e.fail_here("D3070");
  }
  std::vector<Val> buffer(items.size());
  for (std::size_t width = 1; width < items.size(); width *= 2) {
    if (!e.spend_items(items.size())) return {};
    for (std::size_t low = 0; low < items.size(); low += 2 * width) {
      const std::size_t middle = std::min(low + width, items.size());
      const std::size_t high = std::min(low + 2 * width, items.size());
      std::size_t i = low;
      std::size_t j = middle;
      for (std::size_t k = low; k < high; ++k) {
        bool take_right = i >= middle;
        if (!take_right && j < high) {
          take_right = a[1].is_function() ? truthy(e.apply(a[1], {items[i], items[j]}))
                                          : default_greater(items[i], items[j]);
          if (e.failed()) return {};
        }
        buffer[k] = take_right ? items[j++] : items[i++];
      }
    }
    std::swap(items, buffer);
  }
  return list(std::move(items));
}

Val fn_map(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const Val result = sequence();
  for (std::size_t i = 0; i < a[0].size(); ++i) {
    Val value = e.call_back(a[1], {a[0].at(i), index_of(i), a[0]});
    if (e.failed() || !e.spend_items(1)) return {};
    if (!value.is_undefined()) push(result, std::move(value));
  }
  return result;
}

Val fn_filter(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const Val result = sequence();
  for (std::size_t i = 0; i < a[0].size(); ++i) {
    const Val item = a[0].at(i);
    const Val verdict = e.call_back(a[1], {item, index_of(i), a[0]});
    if (e.failed() || !e.spend_items(1)) return {};
    if (truthy(verdict)) push(result, item);
  }
  return result;
}

Val fn_single(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  Val found;
  for (std::size_t i = 0; i < a[0].size(); ++i) {
    const Val item = a[0].at(i);
    const bool matches =
        !a[1].is_function() || truthy(e.call_back(a[1], {item, index_of(i), a[0]}));
    if (e.failed()) return {};
    if (!matches) continue;
    if (!found.is_undefined()) return e.fail_here("D3138");
    found = item;
  }
  return found.is_undefined() ? e.fail_here("D3139") : found;
}

Val fn_reduce(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined()) return {};
  const FunctionData& function = a[1].as_function();
  const std::size_t takes =
      function.native != nullptr ? native_arity(*function.native) : function.arity;
  if (takes < 2) return e.fail_here("D3050");
  std::size_t i = 0;
  Val result = a[2];
  if (result.is_undefined() && a[0].size() > 0) result = a[0].at(i++);
  for (; i < a[0].size(); ++i) {
    result = e.call_back(a[1], {result, a[0].at(i), index_of(i), a[0]});
    if (e.failed()) return {};
  }
  return result;
}

constexpr std::array<Native, 10> kFunctions = {{
    {"count", "<a:n>", fn_count},
    {"append", "<xx:a>", fn_append},
    {"reverse", "<a:a>", fn_reverse},
    {"distinct", "<x:x>", fn_distinct},
    {"zip", "<a+>", fn_zip},
    {"sort", "<af?:a>", fn_sort},
    {"map", "<af>", fn_map},
    {"filter", "<af>", fn_filter},
    {"single", "<af?>", fn_single},
    {"reduce", "<afj?:j>", fn_reduce},
}};

}  // namespace

std::span<const Native> list_functions() {
  return kFunctions;
}

}  // namespace fermata::jsonata
