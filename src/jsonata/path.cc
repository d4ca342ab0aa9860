// Paths: steps, predicates, tuple streams (@, #, %), sorting and grouping.
// Source: the language's documentation, "Path operators" and "Processing model".
#include <algorithm>
#include <cmath>

#include "jsonata/evaluator.h"
#include "jsonata/lexer.h"

namespace fermata::jsonata {
namespace {

Val as_sequence(const Val& value) {
  return value.is_array() ? value : sequence(value);
}

// Numbers, or arrays of nothing else: an index predicate.
bool is_index_list(const Val& value) {
  if (value.is_number()) return true;
  if (!value.is_array() || value.size() == 0) return false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (!value.at(i).is_number()) return false;
  }
  return true;
}

bool names_index(const Val& number, std::size_t index, std::size_t count) {
  double wanted = std::floor(number.as_number());
  if (wanted < 0) wanted += static_cast<double>(count);
  return wanted == static_cast<double>(index);
}

void bind_in(Tuple& tuple, const std::string& name, Val value) {
  for (auto& [existing, old] : tuple.bindings) {
    if (existing == name) {
      old = std::move(value);
      return;
    }
  }
  tuple.bindings.emplace_back(name, std::move(value));
}

}  // namespace

TupleStream tuples_of(const Val& value) {
  TupleStream stream;
  if (value.is_array()) {
    stream.reserve(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) stream.push_back({value.at(i), {}});
    // A grouping of nothing still makes its object.
    if (value.size() == 0) stream.push_back({Val(), {}});
  } else {
    stream.push_back({value, {}});
  }
  return stream;
}

Val Evaluator::path(const Node& node, const Val& input, const Scope& scope) {
  const Node& first = *node.children.front();
  Val items = input.is_array() && first.type != NodeType::Variable ? input : sequence(input);
  TupleStream stream;
  bool is_tuple = false;
  Val result;
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const Node& at = *node.children[i];
    if (at.is_tuple && !is_tuple) {
      is_tuple = true;
      if (at.type == NodeType::Sort) {
        stream = tuples_of(items);
      } else {
        stream.clear();
        for (std::size_t j = 0; j < items.size(); ++j) stream.push_back({items.at(j), {}});
      }
    }
    if (i == 0 && at.cons_array) {
      result = evaluate(at, items, scope);
    } else if (is_tuple) {
      stream = at.type == NodeType::Sort ? sorted_tuples(at, std::move(stream), scope)
                                         : tuple_step(at, std::move(stream), scope);
    } else {
      result = step(at, items, scope, i + 1 == node.children.size());
    }
    if (failed()) return {};
    if (!is_tuple) {
      if (result.is_undefined() || (result.is_array() && result.size() == 0)) break;
      if (at.focus.empty()) items = as_sequence(result);
    }
  }
  if (is_tuple) {
    if (node.group == nullptr) {
      result = sequence();
      for (Tuple& tuple : stream) push(result, std::move(tuple.item));
    }
  }
  if (node.keep_singleton_array) {
    if (result.is_undefined()) return result;
    if (!result.is_array()) result = sequence(result);
    if (result.is_cons() && !result.is_sequence()) result = sequence(result);
    if (result.own_array() == nullptr || !result.is_sequence()) {
      const Val copy = sequence();
      for (std::size_t i = 0; i < result.size(); ++i) push(copy, result.at(i));
      result = copy;
    }
    result.own_array()->keep_singleton = true;
  }
  if (node.group != nullptr)
    result = group(*node.group, is_tuple ? stream : tuples_of(result), scope);
  return result;
}

Val Evaluator::step(const Node& node, const Val& input, const Scope& scope, bool is_last) {
  if (node.type == NodeType::Sort) {
    Val sorted = sort(node, input, scope);
    for (const Stage& stage : node.stages) sorted = filter(*stage.expression, sorted, scope);
    return sorted;
  }
  std::vector<Val> results;
  for (std::size_t i = 0; i < input.size(); ++i) {
    Val value = evaluate(node, input.at(i), scope);
    for (const Stage& stage : node.stages) {
      if (!failed() && stage.kind == Stage::Kind::Filter)
        value = filter(*stage.expression, value, scope);
    }
    if (failed()) return {};
    if (!value.is_undefined()) results.push_back(std::move(value));
  }
  if (is_last && results.size() == 1 && results.front().is_array() &&
      !results.front().is_sequence()) {
    return results.front();
  }
  const Val flat = sequence();
  for (Val& value : results) {
    if (value.is_array() && !value.is_cons()) {
      if (!spend_items(value.size())) return {};
      for (std::size_t j = 0; j < value.size(); ++j) push(flat, value.at(j));
    } else {
      if (!spend_items(1)) return {};
      push(flat, std::move(value));
    }
  }
  return flat;
}

bool Evaluator::keeps(const Node& predicate, const Val& context, const Scope& scope,
                      std::size_t index, std::size_t count) {
  const Val verdict = evaluate(predicate, context, scope);
  if (failed()) return false;
  if (verdict.is_number()) return names_index(verdict, index, count);
  if (!is_index_list(verdict)) return truthy(verdict);
  for (std::size_t i = 0; i < verdict.size(); ++i) {
    if (names_index(verdict.at(i), index, count)) return true;
  }
  return false;
}

Val Evaluator::filter(const Node& predicate, const Val& input, const Scope& scope) {
  if (input.is_undefined()) return input;
  const Val items = as_sequence(input);
  const Val results = sequence();
  if (predicate.type == NodeType::Number) {
    double index = std::floor(predicate.number);
    const auto count = static_cast<double>(items.size());
    if (index < 0) index += count;
    if (index < 0 || index >= count) return results;
    Val item = items.at(static_cast<std::size_t>(index));
    if (item.is_array()) return item;
    push(results, std::move(item));
    return results;
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Val item = items.at(i);
    if (keeps(predicate, item, scope, i, items.size())) push(results, item);
    if (failed()) return {};
  }
  return results;
}

TupleStream Evaluator::tuple_step(const Node& node, TupleStream stream, const Scope& scope) {
  TupleStream results;
  for (const Tuple& tuple : stream) {
    const Scope inner = with_bindings(scope, tuple);
    const Val value = node.type == NodeType::Parent && node.slot != nullptr &&
                              inner->find(node.slot->label) != nullptr
                          ? *inner->find(node.slot->label)
                          : evaluate(node, tuple.item, inner);
    if (failed()) return {};
    if (value.is_undefined()) continue;
    const Val items = value.is_array() ? value : sequence(value);
    if (!spend_items(items.size())) return {};
    for (std::size_t i = 0; i < items.size(); ++i) {
      Tuple next{tuple.item, tuple.bindings};
      if (!node.focus.empty()) {
        bind_in(next, node.focus, items.at(i));
      } else {
        next.item = items.at(i);
      }
      if (!node.index.empty()) bind_in(next, node.index, Val::number(static_cast<double>(i)));
      if (node.ancestor != nullptr) bind_in(next, node.ancestor->label, tuple.item);
      results.push_back(std::move(next));
    }
  }
  return tuple_stages(node, std::move(results), scope);
}

TupleStream Evaluator::tuple_stages(const Node& node, TupleStream stream, const Scope& scope) {
  for (const Stage& stage : node.stages) {
    if (failed()) return {};
    if (stage.kind == Stage::Kind::Filter) {
      stream = filter_tuples(*stage.expression, std::move(stream), scope);
    } else {
      for (std::size_t i = 0; i < stream.size(); ++i) {
        bind_in(stream[i], stage.variable, Val::number(static_cast<double>(i)));
      }
    }
  }
  return stream;
}

TupleStream Evaluator::filter_tuples(const Node& predicate, TupleStream stream,
                                     const Scope& scope) {
  TupleStream kept;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    const bool stays =
        predicate.type == NodeType::Number
            ? names_index(Val::number(predicate.number), i, stream.size())
            : keeps(predicate, stream[i].item, with_bindings(scope, stream[i]), i, stream.size());
    if (failed()) return {};
    if (stays) kept.push_back(std::move(stream[i]));
  }
  return kept;
}

TupleStream Evaluator::sorted_tuples(const Node& node, TupleStream stream, const Scope& scope) {
  if (!sort_tuples(node, stream, scope)) return {};
  if (!node.index.empty()) {
    for (std::size_t i = 0; i < stream.size(); ++i) {
      bind_in(stream[i], node.index, Val::number(static_cast<double>(i)));
    }
  }
  return tuple_stages(node, std::move(stream), scope);
}

Val Evaluator::sort(const Node& node, const Val& input, const Scope& scope) {
  TupleStream stream;
  const Val items = as_sequence(input);
  for (std::size_t i = 0; i < items.size(); ++i) stream.push_back({items.at(i), {}});
  if (!sort_tuples(node, stream, scope)) return {};
  const Val result = sequence();
  for (Tuple& tuple : stream) push(result, std::move(tuple.item));
  return result;
}

bool Evaluator::sort_tuples(const Node& node, TupleStream& stream, const Scope& scope) {
  // Keys first, once per item; then a stable sort over them.
  std::vector<std::vector<Val>> keys(stream.size());
  for (std::size_t i = 0; i < stream.size(); ++i) {
    const Scope inner = stream[i].bindings.empty() ? scope : with_bindings(scope, stream[i]);
    for (const SortTerm& term : node.terms) {
      keys[i].push_back(evaluate(*term.expression, stream[i].item, inner));
      if (failed()) return false;
    }
  }
  if (stream.size() < 2) return true;
  for (std::size_t t = 0; t < node.terms.size(); ++t) {
    Tag seen = Tag::Undefined;
    for (const auto& row : keys) {
      const Val& key = row[t];
      if (key.is_undefined()) continue;
      if (!key.is_number() && !key.is_text()) {
        fail("T2008", node.position);
        return false;
      }
      if (seen != Tag::Undefined && seen != key.tag()) {
        fail("T2007", node.position);
        return false;
      }
      seen = key.tag();
    }
  }
  std::vector<std::size_t> order(stream.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto compare = [&](std::size_t a, std::size_t b) {
    for (std::size_t t = 0; t < node.terms.size(); ++t) {
      const Val& left = keys[a][t];
      const Val& right = keys[b][t];
      int sign = 0;
      if (left.is_undefined() || right.is_undefined()) {
        if (left.is_undefined() && right.is_undefined()) continue;
        return right.is_undefined();  // missing keys go last in either direction
      }
      if (left.is_number()) {
        sign = left.as_number() < right.as_number()   ? -1
               : left.as_number() > right.as_number() ? 1
                                                      : 0;
      } else {
        sign = left.as_text().compare(right.as_text());
      }
      if (sign != 0) return node.terms[t].is_descending ? sign > 0 : sign < 0;
    }
    return false;
  };
  std::ranges::stable_sort(order, compare);
  TupleStream sorted;
  sorted.reserve(stream.size());
  for (const std::size_t index : order) sorted.push_back(std::move(stream[index]));
  stream = std::move(sorted);
  return true;
}

Val Evaluator::group(const Group& group, const TupleStream& items, const Scope& scope) {
  struct Entry {
    std::string key;
    std::size_t pair;
    TupleStream members;
  };
  std::vector<Entry> entries;
  for (const Tuple& tuple : items) {
    const Scope inner = tuple.bindings.empty() ? scope : with_bindings(scope, tuple);
    for (std::size_t p = 0; p < group.pairs.size(); ++p) {
      const Val key = evaluate(*group.pairs[p].first, tuple.item, inner);
      if (failed()) return {};
      if (key.is_undefined()) continue;
      if (!key.is_text()) return fail("T1003", group.position);
      const auto found = std::ranges::find(entries, key.as_text(),
                                           [](const Entry& e) { return std::string_view(e.key); });
      if (found == entries.end()) {
        if (!spend_items(1)) return {};
        entries.push_back({std::string(key.as_text()), p, {tuple}});
      } else if (found->pair != p) {
        return fail("D1009", group.position, found->key);
      } else {
        found->members.push_back(tuple);
      }
    }
  }
  auto object = std::make_shared<ObjectData>();
  for (const Entry& entry : entries) {
    Val context;
    Tuple merged;
    for (const Tuple& tuple : entry.members) {
      context = append(*this, context, tuple.item);
      for (const auto& [name, value] : tuple.bindings) {
        const auto old =
            std::ranges::find(merged.bindings, name, &std::pair<std::string, Val>::first);
        bind_in(merged, name,
                old == merged.bindings.end() ? value : append(*this, old->second, value));
      }
    }
    const Scope inner = merged.bindings.empty() ? scope : with_bindings(scope, merged);
    const Val value = evaluate(*group.pairs[entry.pair].second, context, inner);
    if (failed()) return {};
    if (!value.is_undefined()) object->members.emplace_back(entry.key, value);
  }
  return Val::object(std::move(object));
}

}  // namespace fermata::jsonata
