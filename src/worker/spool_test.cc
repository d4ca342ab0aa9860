#include "worker/spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace fermata::worker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SpoolTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "fermata-spool-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  static std::vector<std::string> due(const Spool& spool) {
    std::vector<std::string> runs;
    for (const Spool::Entry& entry : spool.due()) runs.push_back(entry.run.text);
    return runs;
  }
  static void mark(Spool& spool, const std::string& run) {
    const auto held = spool.mark(RunId(run));
    ASSERT_TRUE(held.has_value());
  }
  std::string folder_;
};

TEST_F(SpoolTest, ARunIsDueOnlyWhenItsAnswerWasTaken) {
  const auto spool = *Spool::open(folder_);
  auto held = *spool->mark(RunId("a"));
  EXPECT_THAT(due(*spool), IsEmpty());
  held.reset();
  EXPECT_THAT(due(*spool), ElementsAre("a"));
}

TEST_F(SpoolTest, ARunThatWasMarkedAgainIsNotForgotten) {
  const auto spool = *Spool::open(folder_);
  mark(*spool, "a");
  const Spool::Entry first = spool->due().front();
  mark(*spool, "a");
  spool->done(first);
  EXPECT_THAT(due(*spool), ElementsAre("a"));
  spool->done(spool->due().front());
  EXPECT_THAT(due(*spool), IsEmpty());
}

TEST_F(SpoolTest, WhatADeadProcessLeftIsTakenOver) {
  {
    const auto first = *Spool::open(folder_);
    const auto second = *Spool::open(folder_);
    mark(*first, "a");
    mark(*second, "b");
  }
  const auto heir = *Spool::open(folder_);
  EXPECT_THAT(due(*heir), ElementsAre("a", "b"));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/lagging-2"));
}

TEST_F(SpoolTest, ALivingProcessKeepsItsOwn) {
  const auto living = *Spool::open(folder_);
  mark(*living, "a");
  EXPECT_THAT(due(**Spool::open(folder_)), IsEmpty());
}

// Each takes over what others leave, and removes their files while others try to take those.
TEST_F(SpoolTest, NoRunIsLostWhenManyProcessesComeAndGo) {
  constexpr int kProcesses = 6;
  constexpr int kRuns = 60;
  std::vector<std::thread> processes;
  for (int process = 0; process < kProcesses; ++process)
    processes.emplace_back([this, process] {
      for (int i = 0; i < kRuns; ++i) {
        const auto spool = Spool::open(folder_);
        ASSERT_TRUE(spool.has_value());
        mark(**spool, std::to_string(process) + "-" + std::to_string(i));
      }
    });
  for (std::thread& process : processes) process.join();
  EXPECT_THAT(due(**Spool::open(folder_)), testing::SizeIs(kProcesses * kRuns));
}

TEST_F(SpoolTest, WhatIsDoneIsGoneAfterARestart) {
  {
    const auto spool = *Spool::open(folder_);
    mark(*spool, "a");
    spool->done(spool->due().front());
  }
  EXPECT_THAT(due(**Spool::open(folder_)), IsEmpty());
}

TEST_F(SpoolTest, ALineThatACrashCutIsNoRun) {
  std::ofstream(folder_ + "/lagging-1") << "whole\ncu";
  {
    const auto spool = *Spool::open(folder_);
    EXPECT_THAT(due(*spool), ElementsAre("whole"));
    mark(*spool, "next");
  }
  EXPECT_THAT(due(**Spool::open(folder_)), testing::UnorderedElementsAre("whole", "next"));
}

}  // namespace
}  // namespace fermata::worker
