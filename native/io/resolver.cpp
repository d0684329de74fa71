// See resolver.hpp.
#include "io/resolver.hpp"

#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include <mutex>
#include <new>
#include <utility>

namespace venuewire {

struct Resolver::Shared {
  std::mutex mutex;
  EventLoop* loop = nullptr;  // gone once the resolver is
  std::vector<Answer> answers;
  uint32_t under_way = 0;

  void answer(Answer a) {
    const std::lock_guard<std::mutex> lock(mutex);
    answers.push_back(std::move(a));
    if (loop != nullptr) loop->wake();
  }
};

namespace {

constexpr size_t kStackBytes = 256u << 10;

/// The code of this library stays in memory: a lookup may still run when the library is unloaded.
void keep_loaded() {
  static const bool kept = [] {
    Dl_info info{};
    if (::dladdr(reinterpret_cast<const void*>(&keep_loaded), &info) == 0 || info.dli_fname == nullptr) return false;
    return ::dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE) != nullptr;
  }();
  (void)kept;
}

std::vector<uint32_t> addresses_of(const std::string& host, int& error) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;  // one entry for each address
  addrinfo* list = nullptr;
  error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  std::vector<uint32_t> addresses;
  if (error != 0) return addresses;
  for (const addrinfo* a = list; a != nullptr; a = a->ai_next) {
    sockaddr_in at{};
    if (a->ai_family != AF_INET || a->ai_addrlen < sizeof at) continue;
    __builtin_memcpy(&at, a->ai_addr, sizeof at);
    addresses.push_back(ntohl(at.sin_addr.s_addr));
  }
  ::freeaddrinfo(list);
  if (addresses.empty()) error = EAI_NONAME;
  return addresses;
}

}  // namespace

Resolver::Resolver(EventLoop& loop) : shared_(std::make_shared<Shared>()) { shared_->loop = &loop; }

Resolver::~Resolver() {
  const std::lock_guard<std::mutex> lock(shared_->mutex);
  shared_->loop = nullptr;
}

void Resolver::start(uint32_t id, uint32_t generation, const std::string& host) {
  struct Lookup {
    std::shared_ptr<Shared> shared;
    uint32_t id, generation;
    std::string host;
  };
  keep_loaded();
  bool room;
  {
    const std::lock_guard<std::mutex> lock(shared_->mutex);
    room = shared_->under_way < kLookupsMax;
    if (room) shared_->under_way++;
  }
  const auto run = [](void* argument) -> void* {
    const std::unique_ptr<Lookup> lookup(static_cast<Lookup*>(argument));
    Answer a{lookup->id, lookup->generation, 0, {}};
    a.addresses = addresses_of(lookup->host, a.error);
    {
      const std::lock_guard<std::mutex> lock(lookup->shared->mutex);
      lookup->shared->under_way--;
    }
    lookup->shared->answer(std::move(a));
    return nullptr;
  };
  auto* lookup = room ? new (std::nothrow) Lookup{shared_, id, generation, host} : nullptr;
  pthread_attr_t attributes;
  bool started = false;
  if (lookup != nullptr && ::pthread_attr_init(&attributes) == 0) {
    pthread_t thread;
    started = ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
              ::pthread_attr_setstacksize(&attributes, kStackBytes) == 0 &&
              ::pthread_create(&thread, &attributes, run, lookup) == 0;
    ::pthread_attr_destroy(&attributes);
  }
  if (started) return;
  delete lookup;
  {
    const std::lock_guard<std::mutex> lock(shared_->mutex);
    if (room) shared_->under_way--;
  }
  shared_->answer({id, generation, EAI_AGAIN, {}});
}

bool Resolver::take(Answer& answer) {
  const std::lock_guard<std::mutex> lock(shared_->mutex);
  if (shared_->answers.empty()) return false;
  answer = std::move(shared_->answers.front());
  shared_->answers.erase(shared_->answers.begin());
  return true;
}

}  // namespace venuewire
