#pragma once
// Every limit of the product, with the reason for its value. Limits that a run's outcome depends on
// belong to the semantics version (interpreter/semantics.h) and never change for an old one.

#include <cstddef>
#include <cstdint>

namespace fermata::limits {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

// -- documents
// ---------------------------------------------------------------------------------------------------
// A definition is written by people or by a generator; 4 MiB is ten thousand rich steps. It also
// keeps one definition far below Temporal's and the databases' comfortable row sizes.
inline constexpr std::size_t kDefinitionBytesMax = 4 * kMiB;
// JSON nesting: one authored step level costs up to three JSON levels, so this leaves room for
// kStepDepthMax.
inline constexpr std::size_t kJsonDepthMax = 256;
// Nesting of control blocks. Deeper definitions cannot be read by people and make paths of
// kilobytes.
inline constexpr std::size_t kStepDepthMax = 64;
inline constexpr std::size_t kStepsMax = 20'000;
inline constexpr std::size_t kNameBytesMax = 512;
// YAML aliases multiply: this bounds the tree after expansion.
inline constexpr std::size_t kYamlNodesMax = 1'000'000;
// Findings of one check: beyond this the rest is counted, not listed.
inline constexpr std::size_t kFindingsMax = 200;

// -- runs
// --------------------------------------------------------------------------------------------------------
// Input of a run and payload of an event; Temporal's own blob limit is 2 MiB.
inline constexpr std::size_t kPayloadBytesMax = kMiB;
// Everything a run carries (scopes, frames, buffered events) when it is written to a checkpoint.
inline constexpr std::size_t kStateBytesMax = 1536 * kKiB;
// Output of one action, and what one expression may produce.
inline constexpr std::size_t kActionOutputBytesMax = kMiB;
inline constexpr std::size_t kExpressionOutputBytesMax = 256 * kKiB;
// Items of a forEach: as much as a payload may bring, so that all of it can be gone through.
inline constexpr std::size_t kLoopItemsBytesMax = kPayloadBytesMax;
// Expression source; longer ones belong in a transform action.
inline constexpr std::size_t kExpressionSourceBytesMax = 64 * kKiB;
// Finished steps before a run continues as new: keeps a history near 300 events with local
// activities (seed S0).
inline constexpr std::uint32_t kStepsPerHistory = 250;
// Signals held because no wait has asked for them yet. Beyond it the oldest is dropped with a log
// line.
inline constexpr std::size_t kBufferedEventsMax = 1'000;
// All of them together travel in the checkpoint: a third of kStateBytesMax. The newest one is kept
// whatever it has.
inline constexpr std::size_t kBufferedEventsBytesMax = 512 * kKiB;
// Answers held for tasks that a repeated workflow task is about to open again; a late one stays
// until it is pushed out.
inline constexpr std::size_t kBufferedAnswersMax = 64;
// Event ids that a run remembers, so that a repeated delivery acts once.
inline constexpr std::size_t kConsumedEventIdsMax = 4'096;
inline constexpr std::uint32_t kChildDepthMax = 16;
inline constexpr std::uint32_t kAttemptsMax = 1'000;
// forEach items of one loop; the list lives in the state, so kStateBytesMax usually bites first.
inline constexpr std::size_t kLoopItemsMax = 1'000'000;
// Waits and retries: 10 years, well inside what Temporal timers take.
inline constexpr std::int64_t kWaitMsMax = 3'650LL * 24 * 3'600 * 1'000;
// Nesting of a value that enters a scope or is sent out: with what is put around it (a result, an
// argument, an event's envelope) it stays below kJsonDepthMax, so that every reader reads it.
inline constexpr std::size_t kValueDepthMax = 200;
// Nesting of what we wrote to Temporal ourselves: above all that the first semantics version could
// write, whose values had no such bound (500 by an expression, 32 by an assignment, and a mapping).
inline constexpr std::size_t kOwnPayloadDepthMax = 1'024;
// Input of one action or child: a quarter below Temporal's 2 MiB, for what travels beside it and
// for what sealing adds.
inline constexpr std::size_t kInputBytesMax = 1536 * kKiB;
// Result of a run: Temporal refuses 2 MiB again and again; sealing adds some bytes.
inline constexpr std::size_t kResultBytesMax = 1792 * kKiB;
// payload, vars, meta and error together: an eighth of MiB below kStateBytesMax, for loops and
// events that are under way, so that an assignment that authors can catch says it first.
inline constexpr std::size_t kScopesBytesMax = 1408 * kKiB;
// An error in the row of a step or of a retry, as the ledger has it: what people read.
inline constexpr std::size_t kErrorRowBytesMax = 32 * kKiB;
// Work of one history and of one step, in steps of expressions (50 a microsecond): a workflow task
// has 2 s, also one that plays a whole history again, and 0.6 s leave room for slow machines.
inline constexpr std::uint64_t kWorkPerHistoryMax = 10'000'000;
inline constexpr std::uint64_t kWorkPerStepMax = 20'000'000;

// A stored value is data that runs share, not a file: 256 KiB, as what an expression may produce.
inline constexpr std::size_t kKeyValueBytesMax = 256 * kKiB;
// A secret is a key or a certificate.
inline constexpr std::size_t kSecretBytesMax = 64 * kKiB;
// Workflows and versions of one bundle: what one transaction takes without holding up the others.
inline constexpr std::size_t kBundleVersionsMax = 10'000;

// A line that an author logs, and the data beside it: read by people, many to a page.
inline constexpr std::size_t kLogDataBytesMax = 16 * kKiB;
// Lines of a log that one page looks through for those that fit its filter.
inline constexpr std::size_t kLogScanMax = 5'000;
// What an answer from outside may put into the details of a failure: they stand in every row and
// message of it, and the ledger keeps 32 KiB of all of an error.
inline constexpr std::size_t kFailureDetailsBytesMax = 28 * kKiB;

// -- operators
// ---------------------------------------------------------------------------------------------------
// Runs that a bulk job may be given one by one; a filter may find any number.
inline constexpr std::size_t kBulkRunsMax = 10'000;
// Runs that a bulk job may touch in a second: each is a call to Temporal.
inline constexpr std::int64_t kBulkRateMax = 500;
inline constexpr std::int64_t kBulkRateUsual = 50;
// Jobs of one tenant that have not ended.
inline constexpr std::int64_t kBulkJobsOpenMax = 20;
// Saved views of one owner: a menu.
inline constexpr std::size_t kSavedViewsMax = 200;
inline constexpr std::size_t kSavedViewBytesMax = 8 * kKiB;

// -- doors
// -------------------------------------------------------------------------------------------------------
inline constexpr std::size_t kHttpHeaderBytesMax = 64 * kKiB;
inline constexpr std::size_t kHttpBodyBytesMax = 8 * kMiB;
inline constexpr std::size_t kPageSizeMax = 500;
// Callers whose requests are counted at once: some 100 bytes each.
inline constexpr std::size_t kRateBucketsMax = 100'000;
// One value of a Redis answer: a message that is larger is no event of ours; and how many of them.
inline constexpr std::size_t kRedisReplyBytesMax = 64 * kMiB;
inline constexpr std::size_t kRedisReplyItemsMax = 1'000'000;
// How often a message may be taken from a stream and not be finished before it is set aside: what
// kills the process that reads it must not do so for ever.
inline constexpr std::uint64_t kStreamDeliveriesMax = 5;

}  // namespace fermata::limits
