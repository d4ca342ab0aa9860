#include "jsonata/functions.h"

#include <algorithm>
#include <array>
#include <memory>

#include "jsonata/evaluator.h"
#include "jsonata/signature.h"

namespace fermata::jsonata {
namespace {

struct Entry {
  const Native* native;
  Signature signature;
  Val value;
};

// Built once from constant tables, sorted by name, never changed.
const std::vector<Entry>& table() {
  static const std::vector<Entry> kTable = [] {
    std::vector<Entry> entries;
    for (const auto group : {text_functions(), number_functions(), list_functions(),
                             object_functions(), time_functions(), workflow_functions()}) {
      for (const Native& native : group) {
        auto data = std::make_shared<FunctionData>();
        data->native = &native;
        auto signature = parse_signature(native.signature);
        entries.push_back({&native, signature.has_value() ? *std::move(signature) : Signature{},
                           Val::function(std::move(data))});
      }
    }
    std::ranges::stable_sort(entries, {}, [](const Entry& entry) { return entry.native->name; });
    return entries;
  }();
  return kTable;
}

const Entry* find_entry(std::string_view name, Dialect dialect) {
  const auto& all = table();
  auto at = std::ranges::lower_bound(all, name, {},
                                     [](const Entry& entry) { return entry.native->name; });
  // The workflow's own meaning of a name (append) wins in its dialect.
  const Entry* found = nullptr;
  for (; at != all.end() && at->native->name == name; ++at) {
    if (at->native->is_workflow_only && dialect != Dialect::Workflow) continue;
    if (found == nullptr || at->native->is_workflow_only) found = &*at;
  }
  return found;
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

const Val* find_native(std::string_view name, Dialect dialect) {
  if (dialect == Dialect::Workflow && (name == "random" || name == "eval" || name == "shuffle"))
    return nullptr;
  const Entry* entry = find_entry(name, dialect);
  return entry == nullptr ? nullptr : &entry->value;
}

bool is_bare_name(std::string_view name) {
  constexpr std::array<std::string_view, 5> kNames = {"nowIso", "coalesce", "len", "toString",
                                                      "append"};
  return std::ranges::find(kNames, name) != kNames.end();
}

std::string_view nearest_native(std::string_view name, Dialect dialect) {
  std::string_view best;
  std::size_t least = name.size() <= 4 ? 2 : name.size() <= 8 ? 3 : 4;
  for (const Entry& entry : table()) {
    if (entry.native->is_workflow_only && dialect != Dialect::Workflow) continue;
    const std::size_t away = distance(name, entry.native->name);
    if (away < least) {
      least = away;
      best = entry.native->name;
    }
  }
  return best;
}

std::size_t native_arity(const Native& native) {
  if (native.call_back_arguments != SIZE_MAX) return native.call_back_arguments;
  return find_entry(native.name, native.is_workflow_only ? Dialect::Workflow : Dialect::Standard)
      ->signature.parameters.size();
}

Val call_native(Evaluator& evaluator, const Native& native, std::vector<Val>& arguments,
                const Val& context) {
  const Entry* entry =
      find_entry(native.name, native.is_workflow_only ? Dialect::Workflow : Dialect::Standard);
  if (!validate(evaluator, entry->signature, arguments, context)) return {};
  if (arguments.size() < entry->signature.parameters.size())
    arguments.resize(entry->signature.parameters.size());
  return native.run(evaluator, arguments);
}

}  // namespace fermata::jsonata
