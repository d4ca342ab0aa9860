// Every referenced secret exists, where the known ones are given.

#include <algorithm>

#include "definition/check/rule.h"
#include "definition/suggest.h"
#include "foundation/format.h"

namespace fermata::definition::rules {

void secrets(const RuleInput& input) {
  if (!input.context.secrets) return;
  const std::vector<std::string>& known = *input.context.secrets;
  for (const WordSite& site : input.draft.secrets) {
    if (std::ranges::find(known, site.word) != known.end()) continue;
    input.findings.error(site.path, "UNKNOWN_SECRET", format("there is no secret `{}`", site.word),
                         did_you_mean(site.word, std::span(known), "create it before publishing"));
  }
}

}  // namespace fermata::definition::rules
