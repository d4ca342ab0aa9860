#include "definition/rename.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "definition/parse/assign_path.h"
#include "definition/parse/document.h"
#include "definition/place.h"
#include "definition/types/free_names.h"
#include "definition/types/known_names.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/pointer.h"

namespace fermata::definition {
namespace {

using namespace std::string_view_literals;

// Set by waits, or by every loop: no definition gives them their names.
constexpr std::array kGiven = {"event"sv, "eventName"sv, "timeWait"sv, "item"sv, "childRun"sv};
// Words of the expression language, which are no names there without marks.
constexpr std::array kWords = {"and"sv,  "or"sv,    "in"sv,      "true"sv,
                               "null"sv, "false"sv, "function"sv};
constexpr std::string_view kTaken = "NAME_TAKEN";
constexpr std::string_view kUncertain = "NAME_UNCERTAIN";

template <typename List>
bool is_one_of(std::string_view word, const List& list) {
  return std::ranges::find(list, word) != std::ranges::end(list);
}

class Renamer {
 public:
  Renamer(const json::Value& document, const Draft& draft, const RenameQuery& query)
      : document_(document), draft_(draft), query_(query) {}

  Renaming run() {
    query_.kind == Renamed::Variable ? rename_variable() : rename_step();
    Renaming made;
    const bool is_refused = findings_.has_errors();
    made.findings = findings_.take();
    if (is_refused) return made;
    std::ranges::sort(edits_, [](const TextEdit& left, const TextEdit& right) {
      if (left.pointer != right.pointer) return path_less(left.pointer, right.pointer);
      return std::tie(left.is_key, left.span) < std::tie(right.is_key, right.span);
    });
    made.definition = edited();
    made.edits = std::move(edits_);
    return made;
  }

 private:
  void rename_step() {
    const Step* found = nullptr;
    for (const Step& step : draft_.program.steps) {
      if (step.id == query_.to)
        findings_.error(step.path.text, kTaken, format("a step has the id `{}`", query_.to),
                        "choose another id");
      if (step.id != query_.from) continue;
      if (found != nullptr)
        findings_.error(step.path.text, "DUPLICATE_STEP_ID",
                        format("`{}` is the id of `{}`, too", step.id, found->path.text),
                        "give one of them another id first");
      found = &step;
    }
    if (query_.to.empty() || query_.to.size() > limits::kNameBytesMax)
      findings_.error("root", "FIELD_INVALID",
                      format("an id has 1 to {} bytes", limits::kNameBytesMax),
                      "choose another id");
    if (found == nullptr) return not_there("no step has the id");
    edits_.push_back(
        {pointer_of(found->path.text + ".id"), false, {0, found->id.size()}, query_.to});
  }

  void not_there(std::string_view what) {
    findings_.error("root", "UNKNOWN_NAME", format("{} `{}`", what, query_.from),
                    "name what is in the definition");
  }

  void rename_variable() {
    check_new_name();
    if (is_one_of(query_.from, kGiven)) {
      findings_.error("root", "INVALID_VARIABLE_NAME",
                      format("`{}` is set by the language, not by the definition", query_.from),
                      "copy it into a variable of your own");
      return;
    }
    rename_writes();
    if (edits_.empty()) return not_there("nothing sets");
    for (const ExpressionSite& site : draft_.expressions) rename_uses(site);
  }

  void check_new_name() {
    check_variable_name(query_.to, NameUse::LoopItem, "root", findings_);
    if (is_one_of(query_.to, kWords) || is_one_of(query_.to, kGiven))
      findings_.error("root", "INVALID_VARIABLE_NAME", format("`{}` is a reserved name", query_.to),
                      "choose another name");
    if (variable_names(draft_).contains(query_.to))
      findings_.error("root", kTaken, format("`{}` is a variable already", query_.to),
                      "choose another name");
    for (const AssignSite& site : draft_.assigns) {
      if (site.target.root == AssignRoot::Local && site.target.segments.front() == query_.to)
        findings_.error(site.path, kTaken, format("`local.{}` is set here", query_.to),
                        "choose another name");
    }
  }

  void rename_writes() {
    for (const AssignSite& site : draft_.assigns) {
      if (site.target.root != AssignRoot::Vars || site.target.segments.front() != query_.from)
        continue;
      const std::size_t from = site.target.source.starts_with("vars.") ? 5 : 0;
      const std::string pointer = pointer_of(site.path);
      const json::Value* written = json::at_pointer(document_, pointer);
      const bool is_key = written == nullptr || !written->is_string();
      edits_.push_back({pointer, is_key, {from, from + query_.from.size()}, query_.to});
    }
    for (const Step& step : draft_.program.steps) {
      const auto* loop = std::get_if<ForEachStep>(&step.config);
      const auto* guard = std::get_if<TryCatchStep>(&step.config);
      if (loop != nullptr && loop->item_var == query_.from) rename_member(step, "itemVar");
      if (guard != nullptr && guard->capture_error_as == query_.from)
        rename_member(step, "captureErrorAs");
    }
  }
  void rename_member(const Step& step, std::string_view member) {
    edits_.push_back({pointer_of(format("{}.{}", step.path.text, member)),
                      false,
                      {0, query_.from.size()},
                      query_.to});
  }

  void rename_uses(const ExpressionSite& site) {
    const std::string& source = site.expression.source;
    if (site.expression.program == nullptr) {
      if (source.find(query_.from) != std::string::npos)
        findings_.error(site.path, kUncertain,
                        format("the expression does not compile, and may use `{}`", query_.from),
                        "correct it first");
      return;
    }
    for (const FreeName& name : free_names(source)) {
      const auto part = part_of(site, name);
      if (part) add_use(site, name.spans[*part]);
    }
  }

  // Which name of the path is the variable.
  std::optional<std::size_t> part_of(const ExpressionSite& site, const FreeName& name) {
    const std::string& root = name.path.front();
    // The trigger's expressions see the event and nothing else.
    if (site.step == kNoStep) return std::nullopt;
    if (root == "vars" && name.path.size() == 1) {
      findings_.warning(
          {site.path, name.spans[0]}, kUncertain,
          format("this takes `vars` as a whole, and may look for `{}` in it by a text",
                 query_.from),
          "see whether it does");
      return std::nullopt;
    }
    if (root == "vars")
      return name.path[1] == query_.from ? std::optional<std::size_t>(1) : std::nullopt;
    // No variable, whatever it is called.
    if (root == "local") return std::nullopt;
    if (root == query_.to)
      findings_.warning({site.path, name.spans[0]}, kTaken,
                        format("`{}` is read here though nothing sets it, and would be this "
                               "variable",
                               query_.to),
                        "see whether that is meant");
    if (root != query_.from) return std::nullopt;
    if (is_in_loop(draft_, site.step) && is_local_written()) {
      findings_.error({site.path, name.spans[0]}, kUncertain,
                      format("`{}` may be the variable or `local.{}` here", root, root),
                      format("write `vars.{}` or `local.{}` first", root, root));
    }
    return 0;
  }

  [[nodiscard]] bool is_local_written() const {
    return std::ranges::any_of(draft_.assigns, [&](const AssignSite& site) {
      return site.target.root == AssignRoot::Local && site.target.segments.front() == query_.from;
    });
  }

  // The name keeps the marks that it is written in.
  void add_use(const ExpressionSite& site, TextSpan span) {
    const std::string& source = site.expression.source;
    const std::string pointer = source_pointer_of(document_, site.path);
    if (pointer.empty()) return;
    const char mark = source[span.from];
    const bool is_marked = mark == '`' || mark == '"' || mark == '\'';
    if (is_marked) span = {span.from + 1, span.to - 1};
    // A reference to a loop's index is written with a `$` that its expression is without.
    const std::string_view written = json::view(json::at_pointer(document_, pointer)->get_string());
    const std::size_t shift = written.size() - source.size();
    edits_.push_back({pointer, false, {span.from + shift, span.to + shift}, query_.to});
  }

  // From the last to the first, and names of members at the end, so that all places stay.
  [[nodiscard]] json::Value edited() const {
    json::Value copy = document_;
    for (auto edit = edits_.rbegin(); edit != edits_.rend(); ++edit) {
      if (edit->is_key) continue;
      json::Value& value = *json::at_pointer(copy, edit->pointer);
      std::string text = json::to_std(value.get_string());
      value =
          json::Value(text.replace(edit->span.from, edit->span.to - edit->span.from, edit->text));
    }
    for (auto edit = edits_.rbegin(); edit != edits_.rend(); ++edit) {
      if (edit->is_key) rename_key(copy, *edit);
    }
    return copy;
  }

  static void rename_key(json::Value& document, const TextEdit& edit) {
    const std::size_t slash = edit.pointer.rfind('/');
    json::Object& object =
        json::at_pointer(document, std::string_view(edit.pointer).substr(0, slash))->get_object();
    json::Object renamed;
    for (auto& member : object) {
      std::string key(member.key());
      if (json::escape_token(key) == std::string_view(edit.pointer).substr(slash + 1))
        key.replace(edit.span.from, edit.span.to - edit.span.from, edit.text);
      renamed.emplace(key, std::move(member.value()));
    }
    object = std::move(renamed);
  }

  const json::Value& document_;
  const Draft& draft_;
  const RenameQuery& query_;
  Findings findings_;
  std::vector<TextEdit> edits_;
};

}  // namespace

Renaming rename(const json::Value& document, const CheckContext& context,
                const RenameQuery& query) {
  Findings unread;
  const Draft draft = read_definition(document, context.actions, unread);
  return Renamer(document, draft, query).run();
}

}  // namespace fermata::definition
