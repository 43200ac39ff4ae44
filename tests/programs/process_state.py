"""The state of the random numbers, windows, and what programs set for the process."""

import warnings

import functorch
import torch

warnings.filterwarnings("ignore")


def attempt(*calls):
    for call in calls:
        try:
            print(call())
        except Exception as error:
            print(type(error).__name__, str(error).splitlines()[0])


def sketch(state):
    return state.shape, state.dtype, state.long().sum().item(), state[:24].tolist(), state[5016:].tolist()


torch.manual_seed(3)
print(sketch(torch.get_rng_state()))
a = torch.rand(3)
state = torch.get_rng_state()
print(sketch(state))
b = torch.randn(5)
print(sketch(torch.get_rng_state()))
torch.set_rng_state(state)
print(torch.equal(torch.randn(5), b))
torch.random.set_rng_state(state)
print(torch.equal(torch.randn(5), b), torch.equal(torch.random.get_rng_state(), torch.get_rng_state()))
with torch.random.fork_rng():
    torch.manual_seed(9)
    print(torch.rand(2), torch.initial_seed())
print(torch.rand(2), torch.random.initial_seed())
with torch.random.fork_rng(enabled=False):
    torch.manual_seed(9)
print(torch.rand(2))
with torch.random.fork_rng(devices=[]):
    torch.rand(1000)
print(torch.rand(2), torch.random.seed() == torch.random.initial_seed())


@torch.random.fork_rng()
def drawn():
    return torch.rand(1)


torch.manual_seed(0)
print(drawn(), drawn(), torch.rand(1))
print(torch.default_generator is torch.random.default_generator, torch.default_generator.initial_seed())

g = torch.Generator()
print(sketch(g.get_state()), g.device)
g.manual_seed(2)
torch.rand(700, generator=g)
saved, twin = g.get_state(), g.clone_state()
first = torch.randn(3, generator=g)
print(sketch(saved), torch.equal(torch.randn(3, generator=twin), first), g.set_state(saved) is g)
print(torch.equal(torch.randn(3, generator=g), first), sketch(g.get_state()))
attempt(
    lambda: g.set_state(1),
    lambda: g.set_state(torch.zeros(5056)),
    lambda: g.set_state(torch.zeros(5056, dtype=torch.uint8)),
    lambda: g.set_state(torch.zeros(5, dtype=torch.uint8)),
    lambda: g.set_state(saved[::2]),
    lambda: g.set_state(saved.reshape(2, -1)) is g,
    lambda: g.set_state(state=saved),
    lambda: g.set_state(),
    lambda: g.get_state(1),
    lambda: g.clone_state(1),
    lambda: torch.set_rng_state(1),
    lambda: torch.set_rng_state(torch.zeros(3)),
    lambda: torch.set_rng_state(),
    lambda: torch.get_rng_state(1),
)

torch.set_num_threads(2)
torch.set_num_interop_threads(1)
print(torch.get_num_threads(), torch.get_num_interop_threads())
attempt(
    lambda: torch.set_num_threads(0),
    lambda: torch.set_num_threads("1"),
    lambda: torch.set_num_threads(2.0),
    lambda: torch.set_num_threads(True),
    lambda: torch.set_num_threads(),
    lambda: torch.set_num_threads(int=1),
    lambda: torch.get_num_threads(1),
    lambda: torch.set_num_interop_threads(0),
    lambda: torch.set_num_interop_threads(1.5),
    lambda: torch.set_flush_denormal(False),
    lambda: torch.set_flush_denormal(1),
    lambda: torch.set_flush_denormal(),
    lambda: torch.use_deterministic_algorithms(True),
    lambda: (torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()),
    lambda: torch.get_deterministic_debug_mode(),
    lambda: torch.use_deterministic_algorithms(True, warn_only=True),
    lambda: (torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()),
    lambda: torch.use_deterministic_algorithms(True, True),
    lambda: torch.use_deterministic_algorithms(1),
    lambda: torch.use_deterministic_algorithms("a"),
    lambda: torch.use_deterministic_algorithms(False, warn_only=3),
    lambda: torch.get_deterministic_debug_mode(),
    lambda: torch.use_deterministic_algorithms(False),
    lambda: torch.set_deterministic_debug_mode("warn"),
    lambda: torch.get_deterministic_debug_mode(),
    lambda: torch.set_deterministic_debug_mode(2),
    lambda: torch.get_deterministic_debug_mode(),
    lambda: torch.set_deterministic_debug_mode("none"),
    lambda: torch.set_deterministic_debug_mode(5),
    lambda: torch.set_deterministic_debug_mode(1.5),
    lambda: torch.set_deterministic_debug_mode(False),
    lambda: torch.are_deterministic_algorithms_enabled(),
    lambda: torch.get_float32_matmul_precision(),
    lambda: torch.set_float32_matmul_precision("high"),
    lambda: torch.set_float32_matmul_precision("low"),
    lambda: torch.get_float32_matmul_precision(),
    lambda: torch.set_float32_matmul_precision(1),
    lambda: torch.set_float32_matmul_precision("highest"),
    lambda: (torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()),
    lambda: torch.set_anomaly_enabled(True, False),
    lambda: (torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()),
    lambda: torch.set_anomaly_enabled(enabled=False, check_nan=True),
    lambda: torch.set_anomaly_enabled(1),
    lambda: torch.set_anomaly_enabled(),
    lambda: torch.set_anomaly_enabled(mode=True),
    lambda: torch.is_anomaly_enabled(1),
)
with torch.autograd.detect_anomaly():
    print(torch.is_anomaly_enabled())
print(torch.is_anomaly_enabled())


@torch.compile(backend="eager")
def square(x):
    return x * x


x = torch.tensor(3.0, requires_grad=True)
square(x).backward()
print(x.grad, torch.compile(lambda x: x + 1, backend="eager", fullgraph=True)(x), square.__name__)
net = torch.compile(torch.nn.Linear(2, 1), backend="eager")
print(net(torch.zeros(1, 2)) == net.bias)
attempt(
    lambda: torch.compile(1),
    lambda: torch.compile(square, True),
    lambda: torch.compile(square, nothing=1),
    lambda: torch.compile(square, mode="fast"),
    lambda: torch.compile(square, mode="default", options={}),
    lambda: torch.compile()(None),
)

for make in (torch.hann_window, torch.hamming_window, torch.blackman_window, torch.bartlett_window, torch.kaiser_window):
    print(make(5), make(6, False), make(3, periodic=True, dtype=torch.float64), make(4, dtype=torch.float16))
    print(make(0), make(1), make(2, requires_grad=True))
    attempt(
        lambda: make(-1),
        lambda: make(2.5),
        lambda: make(),
        lambda: make(5, 0.5),
        lambda: make(5, dtype=torch.int64),
        lambda: make(5, dtype=torch.complex64),
        lambda: make(5, out=torch.empty(5)),
        lambda: make(4, True, 0.3),
        lambda: make(4, True, 0.3, 0.2),
        lambda: make(4, True, beta=3.0),
    )

attempt(lambda: functorch.functional_call, lambda: functorch.stack_module_state)
print(hasattr(torch.func, "functional_call"), hasattr(functorch, "vmap"), functorch.grad(lambda x: x * x)(x))
