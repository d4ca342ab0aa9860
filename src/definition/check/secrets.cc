// Every referenced secret exists, where the known ones are given, and none stands in a payload.

#include <algorithm>

#include "definition/check/rule.h"
#include "definition/suggest.h"
#include "foundation/format.h"

namespace fermata::definition::rules {

namespace {

// A payload is data, which is kept and shown, and data is never opened.
void keep_out_of_payload(const RuleInput& input) {
  for (const WordSite& site : input.draft.secrets) {
    if (site.step != kNoStep) continue;
    input.findings.error(
        site.path, "SECRET_IN_PAYLOAD",
        format("the secret `{}` would be data here and never be opened", site.word),
        "name it in the input of the action that needs it");
  }
}

}  // namespace

void secrets(const RuleInput& input) {
  keep_out_of_payload(input);
  if (!input.context.secrets) return;
  const std::vector<std::string>& known = *input.context.secrets;
  for (const WordSite& site : input.draft.secrets) {
    if (std::ranges::find(known, site.word) != known.end()) continue;
    // A worker may have it in an environment of its own.
    input.findings.warning(
        site.path, "UNKNOWN_SECRET", format("there is no secret `{}`", site.word),
        did_you_mean(site.word, std::span(known), "create it before a run needs it"));
  }
}

}  // namespace fermata::definition::rules
