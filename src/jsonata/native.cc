#include "jsonata/native.h"

#include <algorithm>
#include <array>
#include <vector>

#include "jsonata/function_names.h"
#include "jsonata/run.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

struct Entry {
  const Native* native;
  Signature signature;
  Function function;
};

// Built once from constant tables, sorted by name, never changed.
const std::vector<Entry>& table() {
  static const std::vector<Entry> kTable = [] {
    std::vector<Entry> entries;
    for (const auto rows :
         {text_natives(), match_natives(), encoding_natives(), number_natives(), array_natives(),
          object_natives(), callback_natives(), date_natives(), workflow_natives()}) {
      for (const Native& native : rows) {
        Entry entry{&native, {}, {}};
        read_signature(native.signature, entry.signature);
        entry.function.kind = Function::Kind::Native;
        entry.function.native = &native;
        entry.function.arity = native.arity;
        entries.push_back(std::move(entry));
      }
    }
    std::ranges::stable_sort(entries, {}, [](const Entry& entry) { return entry.native->name; });
    for (Entry& entry : entries) entry.function.signature = &entry.signature;
    return entries;
  }();
  return kTable;
}

const Entry& entry_of(const Native& native) {
  const auto& all = table();
  auto at = std::ranges::lower_bound(all, native.name, {},
                                     [](const Entry& entry) { return entry.native->name; });
  while (at->native != &native) ++at;
  return *at;
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

const Native* find_native(std::string_view name, Dialect dialect) {
  const auto& all = table();
  auto at = std::ranges::lower_bound(all, name, {},
                                     [](const Entry& entry) { return entry.native->name; });
  // The workflow's own meaning of a name (append) wins in its dialect.
  const Native* found = nullptr;
  for (; at != all.end() && at->native->name == name; ++at) {
    const bool is_offered =
        dialect == Dialect::Workflow ? at->native->refusal.empty() : !at->native->is_workflow_only;
    if (!is_offered) continue;
    if (found == nullptr || at->native->is_workflow_only) found = at->native;
  }
  return found;
}

std::vector<FunctionName> function_names(Dialect dialect) {
  std::vector<FunctionName> names;
  for (const Entry& entry : table()) {
    const Native& native = *entry.native;
    const bool is_refused = dialect == Dialect::Workflow && !native.refusal.empty();
    if (is_refused || find_native(native.name, dialect) == &native)
      names.push_back({native.name, native.signature, native.summary,
                       is_refused ? native.refusal : std::string_view()});
  }
  return names;
}

std::string_view refusal_of(std::string_view name) {
  const auto& all = table();
  const auto at = std::ranges::find_if(all, [&](const Entry& entry) {
    return entry.native->name == name && !entry.native->refusal.empty();
  });
  return at == all.end() ? std::string_view() : at->native->refusal;
}

const Signature& signature_of(const Native& native) {
  return entry_of(native).signature;
}

Cell native_value(const Native& native) {
  return Cell::of_function(&entry_of(native).function);
}

std::string_view nearest_native(std::string_view name, Dialect dialect) {
  std::string_view best;
  std::size_t least = name.size() <= 4 ? 2 : name.size() <= 8 ? 3 : 4;
  for (const Entry& entry : table()) {
    if (find_native(entry.native->name, dialect) == nullptr) continue;
    const std::size_t away = distance(name, entry.native->name);
    if (away < least) {
      least = away;
      best = entry.native->name;
    }
  }
  return best;
}

std::shared_ptr<const Pictures> make_pictures(const Native& native,
                                              std::span<const Cell* const> constants) {
  const Cell* const picture = constants[1];
  if (picture == nullptr || !picture->is_text()) return nullptr;
  auto made = std::make_shared<Pictures>();
  const std::string_view text = picture->view();
  if (native.name == "formatNumber") {
    if (read_number_picture(text, {}, made->number.emplace()) != nullptr) return nullptr;
  } else if (native.name == "formatInteger" || native.name == "parseInteger") {
    if (read_integer_picture(text, made->integer.emplace()) != nullptr) return nullptr;
  } else if (native.name == "fromMillis") {
    if (read_date_picture(text, made->date.emplace()) != nullptr) return nullptr;
  } else if (native.name == "toMillis") {
    DatePicture dates;
    if (read_date_picture(text, dates) != nullptr) return nullptr;
    if (make_date_reader(std::move(dates), made->reader.emplace()) != nullptr) return nullptr;
  } else {
    return nullptr;
  }
  return made;
}

}  // namespace fermata::jsonata
