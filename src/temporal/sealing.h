#pragma once
// The codec over everything that has payloads in it. Private to this library. Without a codec all
// stays as it is. Search attributes are never sealed: the server looks for them.

#include "temporal/activation.h"
#include "temporal/command.h"
#include "temporal/payload_codec.h"

namespace fermata::temporal {

std::vector<Payload> sealed(const PayloadCodec* codec, std::vector<Payload> payloads);
std::map<std::string, Payload> sealed(const PayloadCodec* codec,
                                      std::map<std::string, Payload> payloads);
Completion sealed(const PayloadCodec* codec, Completion completion);
ActivityCompletion sealed(const PayloadCodec* codec, ActivityCompletion completion);

void open(const PayloadCodec* codec, Payload& payload);
void open(const PayloadCodec* codec, Failure& failure);
// Also without a codec it says what is missing.
void open(const PayloadCodec* codec, Activation& activation);
void open(const PayloadCodec* codec, ActivityTask& task);

}  // namespace fermata::temporal
