#include "definition/complete.h"

#include <algorithm>
#include <cctype>
#include <span>
#include <string_view>

#include "definition/parse/document.h"
#include "definition/types/environment.h"
#include "definition/types/known_names.h"
#include "foundation/format.h"
#include "jsonata/function_names.h"

namespace fermata::definition {
namespace {

constexpr std::string_view kLoop = "loop";

struct Fixed {
  std::string_view name;
  Kinds kinds;
};
constexpr Fixed kSystem[] = {{"runId", kString},           {"workflowId", kString},
                             {"workflowVersion", kNumber}, {"tenantId", kString},
                             {"definitionHash", kString},  {"runtimeSemanticsVersion", kNumber}};
constexpr Fixed kError[] = {{"category", kString}, {"code", kString}, {"message", kString},
                            {"nodePath", kString}, {"at", kString},   {"details", kAnyKind}};
constexpr Fixed kEvent[] = {{"name", kString},
                            {"correlationKey", kString | kNull},
                            {"payload", kObject},
                            {"payloadSchemaRef", kString}};
constexpr Fixed kChildRun[] = {{"payload", kObject}, {"vars", kObject}, {"meta", kObject}};

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$';
}

// The path of names that ends at the cursor.
struct Chain {
  std::vector<std::string> path;  // before the word that is being written
  std::string word;
  std::size_t from = 0;
  bool is_known = true;  // false inside a text, and behind what is no name
};

bool is_inside_text(std::string_view before) {
  char quote = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (quote != 0 && before[i] == '\\') {
      ++i;
    } else if (quote != 0) {
      if (before[i] == quote) quote = 0;
    } else if (before[i] == '"' || before[i] == '\'') {
      quote = before[i];
    }
  }
  return quote != 0;
}

// The end of what stands before a predicate: `items` of `items[x > 1]`.
std::size_t before_brackets(std::string_view text, std::size_t end) {
  while (end > 0 && text[end - 1] == ']') {
    int open = 0;
    do {
      const char c = text[--end];
      const bool is_quote = c == '"' || c == '\'';
      const std::size_t begin = is_quote && end > 0 ? text.rfind(c, end - 1) : end;
      if (is_quote && begin != std::string_view::npos) end = begin;
      open += c == ']' ? 1 : c == '[' ? -1 : 0;
    } while (end > 0 && open > 0);
  }
  return end;
}

std::optional<std::string> name_before(std::string_view text, std::size_t& end) {
  if (end > 0 && text[end - 1] == '`') {
    const std::size_t open = text.rfind('`', end - 2);
    if (end < 2 || open == std::string_view::npos) return std::nullopt;
    std::string name(text.substr(open + 1, end - open - 2));
    end = open;
    return name;
  }
  std::size_t begin = end;
  while (begin > 0 && is_word(text[begin - 1])) --begin;
  if (begin == end) return std::nullopt;
  std::string name(text.substr(begin, end - begin));
  end = begin;
  return name;
}

Chain chain_of(std::string_view before) {
  Chain chain;
  chain.is_known = !is_inside_text(before);
  std::size_t at = before.size();
  while (at > 0 && is_word(before[at - 1])) --at;
  chain.word = before.substr(at);
  chain.from = at;
  while (chain.is_known && at > 0 && before[at - 1] == '.') {
    at = before_brackets(before, at - 1);
    auto name = name_before(before, at);
    chain.is_known = name && !name->starts_with('$');
    if (name) chain.path.insert(chain.path.begin(), *std::move(name));
  }
  return chain;
}

class Completer {
 public:
  Completer(const Draft& draft, const CheckContext& context, const ExpressionSite& site)
      : draft_(draft), site_(site), place_(place_of(site)), types_(draft, context) {}

  std::vector<Suggestion> run(const Chain& chain) {
    word_ = chain.word;
    if (chain.path.empty()) {
      add_names();
      add_functions();
    } else {
      add_fields(chain.path);
    }
    return std::move(items_);
  }

 private:
  void add(std::string_view name, std::string_view kind, std::string type,
           bool is_optional = false) {
    const bool fits =
        name.size() >= word_.size() &&
        std::equal(word_.begin(), word_.end(), name.begin(), [](char left, char right) {
          return std::tolower(static_cast<unsigned char>(left)) ==
                 std::tolower(static_cast<unsigned char>(right));
        });
    if (!fits) return;
    const bool is_plain = !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
                          std::ranges::all_of(name, is_word);
    items_.push_back({is_plain ? std::string(name) : format("`{}`", name), std::string(kind),
                      std::move(type), is_optional});
  }
  static std::string words(Kinds kinds) { return kinds.is_any() ? "anything" : kinds.words(); }
  [[nodiscard]] std::string type_of(std::vector<std::string> path) const {
    return words(types_.reach(place_, path).kinds);
  }
  template <std::size_t N>
  void add_fixed(const Fixed (&fields)[N]) {
    for (const Fixed& field : fields) add(field.name, "field", words(field.kinds));
  }

  void add_names() {
    if (site_.step == kNoStep) return add("event", "root", "an object");
    const auto locals = loop_names(draft_, site_.step);
    for (const std::string_view name : locals) add(name, kLoop, type_of({std::string(name)}));
    if (sees_child(site_)) add("childRun", "root", "an object");
    for (const std::string_view name : kRoots) {
      if (name == "local" && locals.empty()) continue;
      add(name, "root", name == "error" ? "an object or null" : "an object");
    }
    for (const std::string_view name : variable_names(draft_)) {
      if (!locals.contains(name)) add(name, "variable", type_of({std::string(name)}));
    }
  }

  void add_functions() {
    for (const jsonata::FunctionName& function :
         jsonata::function_names(jsonata::Dialect::Workflow)) {
      if (function.refusal.empty())
        add(format("${}", function.name), "function", std::string(function.signature));
    }
  }

  void add_fields(const std::vector<std::string>& path) {
    const std::string& root = path.front();
    if (path.size() == 1) {
      if (root == "vars") {
        for (const std::string_view name : variable_names(draft_))
          add(name, "variable", type_of({"vars", std::string(name)}));
        return;
      }
      if (root == "local") {
        for (const std::string_view name : local_names(draft_, site_.step))
          add(name, kLoop, type_of({root, std::string(name)}));
        return;
      }
      if (root == "system") return add_fixed(kSystem);
      if (root == "error") return add_fixed(kError);
      if (root == "meta") {
        add("state", "field", "a string", true);
        return add_fixed(kSystem);
      }
      if (root == "event" && site_.step == kNoStep) return add_fixed(kEvent);
      if (root == "childRun" && sees_child(site_)) return add_fixed(kChildRun);
    }
    const Reach reach = types_.reach(place_, path);
    if (!reach.schema) return;
    const auto list = reach.kinds == kArray ? reach.schema->items() : std::nullopt;
    const SchemaView& schema = list ? *list : *reach.schema;
    auto names = schema.property_names();
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    for (const std::string& name : names)
      add(name, "field", words(schema.property(name)->kinds()), !schema.is_required(name));
  }

  const Draft& draft_;
  const ExpressionSite& site_;
  Place place_;
  TypeEnvironment types_;
  std::string word_;
  std::vector<Suggestion> items_;
};

// The expression at the path; or, of one that is not in the document yet, its step.
std::optional<ExpressionSite> site_at(const Draft& draft, const CompletionQuery& query) {
  const auto site = std::ranges::find(draft.expressions, query.path, &ExpressionSite::path);
  if (site != draft.expressions.end()) return *site;
  if (!query.source) return std::nullopt;
  ExpressionSite made;
  made.path = query.path;
  if (query.path.find(".config/assign/") != std::string::npos) made.role = ExpressionRole::Assigned;
  std::size_t longest = 0;
  for (StepIndex at = 0; at < draft.program.steps.size(); ++at) {
    const std::string& path = draft.program.steps[at].path.text;
    if (path.size() <= longest || !query.path.starts_with(path + ".")) continue;
    longest = path.size();
    made.step = at;
  }
  if (longest == 0 && !query.path.starts_with("root.trigger")) return std::nullopt;
  return made;
}

}  // namespace

Result<Completion> complete(const json::Value& document, const CheckContext& context,
                            const CompletionQuery& query) {
  Findings findings;
  const Draft draft = read_definition(document, context.actions, findings);
  const auto site = site_at(draft, query);
  if (!site)
    return make_error(ErrorKind::NotFound, "NOT_FOUND",
                      format("there is no expression at `{}`", query.path),
                      "name its place as findings do, such as `root.steps[0].condition`");
  const std::string& source = query.source ? *query.source : site->expression.source;
  if (query.offset > source.size())
    return make_error(ErrorKind::Invalid, "FIELD_INVALID",
                      format("offset {} is behind the expression, which has {} bytes", query.offset,
                             source.size()));
  const Chain chain = chain_of(std::string_view(source).substr(0, query.offset));
  Completion completion;
  completion.from = chain.from;
  if (chain.is_known) completion.items = Completer(draft, context, *site).run(chain);
  return completion;
}

}  // namespace fermata::definition
