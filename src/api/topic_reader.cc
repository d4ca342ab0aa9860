#include "api/topic_reader.h"

#include <algorithm>

#include "foundation/format.h"

namespace fermata::api {

TopicReader::Next TopicReader::next(std::string& bytes) {
  const std::scoped_lock lock(mutex_);
  if (!text_.empty()) {
    bytes += text_;
    text_ = {};
    return Next::Bytes;
  }
  return is_over_ ? Next::End : Next::Wait;
}

void TopicReader::on_ready(const std::function<void()>& wake) {
  const std::scoped_lock lock(mutex_);
  wake_ = wake;
}

bool TopicReader::is_hungry(Instant now) {
  const std::scoped_lock lock(mutex_);
  return text_.empty() && !is_over_ && now >= next_at_;
}

std::string TopicReader::id() const {
  std::string id;
  for (const Topic& topic : request_.topics) {
    if (!topic.after) continue;
    id += format("{}{}={}", id.empty() ? "" : ";", topic.name, *topic.after);
  }
  return id;
}

void TopicReader::give(const std::string& parts, Instant next_at) {
  next_at_ = next_at;
  std::function<void()> wake;
  {
    const std::scoped_lock lock(mutex_);
    text_ = format("id: {}\nevent: batch\ndata: {{\"topics\":[{}]}}\n\n", id(), parts);
    is_over_ = request_.is_once || std::ranges::all_of(request_.topics, [](const Topic& topic) {
                 return topic.is_over;
               });
    if (is_over_) text_ += "event: end\ndata: {}\n\n";
    wake = wake_;
  }
  if (wake) wake();
}

}  // namespace fermata::api
