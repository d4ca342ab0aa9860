#include "service/stream_ingress.h"

#include <algorithm>
#include <chrono>

#include "foundation/format.h"
#include "foundation/limits.h"

namespace fermata::service {
namespace {

constexpr std::int64_t kReadMs = 500;
constexpr std::int64_t kRetryMs = 500;
// Consumers of processes that are long gone.
constexpr std::int64_t kForgetMs = 3'600'000;

}  // namespace

StreamIngress::StreamIngress(Parts parts, IngressOptions options)
    : parts_(parts), options_(std::move(options)) {
  for (std::size_t i = 0; i < options_.consumers; ++i)
    threads_.emplace_back([this, name = format("{}-{}", options_.consumer, i)] { run(name); });
}

StreamIngress::~StreamIngress() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool StreamIngress::pause(std::int64_t ms) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return is_stopping_; });
}

bool StreamIngress::is_stopping() {
  const std::scoped_lock lock(mutex_);
  return is_stopping_;
}

void StreamIngress::run(const std::string& consumer) {
  bool was_up = true;
  do {
    auto client = redis::Client::connect(options_.redis);
    Result<void> served;
    if (client.has_value()) {
      redis::StreamGroup group(*std::move(client), {options_.stream, options_.group, consumer});
      if (!was_up) parts_.log.info("stream is back", {{"stream", options_.stream}});
      was_up = true;
      served = serve(group);
    } else {
      served = client.error();
    }
    if (!served.has_value() && was_up) {
      parts_.log.warn("stream is away", {{"stream", options_.stream},
                                         {"code", served.error().code},
                                         {"text", served.error().message}});
      was_up = false;
    }
  } while (pause(kRetryMs));
}

Result<void> StreamIngress::serve(redis::StreamGroup& group) {
  TRY_DO(group.ensure());
  TRY_DO(group.forget_consumers(kForgetMs));
  TimeMs claim_at = 0;
  TimeMs look_at = 0;
  bool was_held = false;
  bool is_lagging = false;
  while (!is_stopping()) {
    const TimeMs now = parts_.clock.now();
    if (now >= look_at) {
      TRY(is_lagging, measure(group, is_lagging));
      const auto held = is_held_back();
      const bool is_held = !held.has_value() || *held;
      if (is_held != was_held)
        parts_.log.warn(is_held ? "stream is held back" : "stream goes on",
                        {{"stream", options_.stream}});
      was_held = is_held;
      if (is_held) {
        pause(kRetryMs);
        continue;
      }
      look_at = now + 1'000;
    }
    std::vector<redis::StreamMessage> messages;
    if (now >= claim_at) {
      TRY(messages, group.claim(options_.claim_idle_ms, options_.batch));
      if (messages.empty()) claim_at = now + options_.claim_idle_ms / 2;
    }
    if (messages.empty()) {
      TRY(messages, group.read(options_.batch, kReadMs));
    }
    if (!messages.empty()) TRY_DO(handle(group, std::move(messages)));
  }
  return {};
}

Result<bool> StreamIngress::is_held_back() {
  TRY(const std::size_t waiting, parts_.store.count_unrouted(options_.unrouted_max));
  return waiting >= options_.unrouted_max;
}

Result<bool> StreamIngress::measure(redis::StreamGroup& group, bool was_lagging) {
  TRY(const redis::StreamDepth depth, group.depth());
  const std::int64_t lag = depth.lag.value_or(0);
  if (parts_.metrics != nullptr) {
    parts_.metrics->set(metrics::Level::IngressLag, static_cast<double>(lag));
    parts_.metrics->set(metrics::Level::IngressPending, static_cast<double>(depth.pending));
  }
  TRY(const std::int64_t trimmed, group.take_trimmed());
  if (trimmed > 0) {
    parts_.log.error("messages were trimmed before they were read",
                     {{"stream", options_.stream}, {"count", std::to_string(trimmed)}});
    if (parts_.metrics != nullptr) parts_.metrics->add(metrics::Count::IngressTrimmed, {}, trimmed);
  }
  const bool is_lagging = lag > options_.lag_alarm;
  if (is_lagging != was_lagging)
    parts_.log.warn(is_lagging ? "stream lags behind" : "stream has caught up",
                    {{"stream", options_.stream}, {"unread", std::to_string(lag)}});
  return is_lagging;
}

std::string StreamIngress::letter_id(const redis::StreamMessage& message) const {
  return format("redis:{}:{}", options_.stream, message.id);
}

Result<void> StreamIngress::handle(redis::StreamGroup& group,
                                   std::vector<redis::StreamMessage> messages) {
  std::vector<std::string> ids;
  for (const redis::StreamMessage& message : messages) ids.push_back(message.id);
  while (true) {
    const auto refusals = store_all(messages);
    std::vector<store::LetterRow> letters;
    for (std::size_t i = 0; refusals.has_value() && i < messages.size(); ++i) {
      const std::optional<Error>& refusal = (*refusals)[i];
      if (!refusal) continue;
      letters.push_back({options_.tenant, letter_id(messages[i]),
                         format("redis:{}", options_.stream), fields_to_json(messages[i].fields),
                         refusal->code, refusal->message, parts_.clock.now(), std::nullopt,
                         std::nullopt});
      parts_.log.warn("message set aside",
                      {{"letter_id", letters.back().letter_id}, {"code", refusal->code}});
    }
    const Result<void> kept = !refusals.has_value() ? Result<void>(refusals.error())
                              : letters.empty()     ? Result<void>()
                                                    : parts_.store.put_letters(letters);
    if (kept.has_value()) return group.acknowledge(ids);
    parts_.log.warn("messages wait for the store",
                    {{"count", std::to_string(ids.size())}, {"code", kept.error().code}});
    if (!pause(kRetryMs)) return {};
    // Still ours: nobody shall take them for left behind.
    TRY_DO(group.keep(ids));
  }
}

Result<StreamIngress::Refusals> StreamIngress::store_all(
    const std::vector<redis::StreamMessage>& messages) {
  Refusals refusals(messages.size());
  std::vector<EventRequest> requests;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const redis::StreamMessage& message = messages[i];
    if (message.fields.empty()) {
      refusals[i] = make_error(ErrorKind::NotFound, "STREAM_ENTRY_GONE",
                               "the message was trimmed from the stream before it was stored");
    } else if (message.deliveries > limits::kStreamDeliveriesMax) {
      refusals[i] = make_error(ErrorKind::Invalid, "STREAM_MESSAGE_POISON",
                               format("taken {} times and never finished", message.deliveries - 1));
    } else if (auto request = event_from_fields(message.fields, options_.tenant);
               request.has_value()) {
      requests.push_back(with_id_of(*std::move(request), letter_id(message)));
      places.push_back(i);
    } else {
      refusals[i] = request.error();
    }
  }
  const auto accepted = accept(requests, places, refusals);
  if (accepted.has_value()) return refusals;
  if (accepted.error().kind == ErrorKind::Unavailable) return accepted.error();
  // One of them cannot be stored: each alone shows which.
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto alone = accept({requests[i]}, {places[i]}, refusals);
    if (alone.has_value()) continue;
    if (alone.error().kind == ErrorKind::Unavailable) return alone.error();
    refusals[places[i]] = alone.error();
  }
  return refusals;
}

Result<void> StreamIngress::accept(const std::vector<EventRequest>& requests,
                                   const std::vector<std::size_t>& places, Refusals& refusals) {
  if (requests.empty()) return {};
  TRY(const auto answers, parts_.router.accept_all(requests));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].has_value()) refusals[places[i]] = answers[i].error();
  }
  return {};
}

}  // namespace fermata::service
