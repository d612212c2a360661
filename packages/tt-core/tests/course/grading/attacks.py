"""Submissions made to harm or to cheat, for `test_attacks`.

Each is code at the end of a module whose exercises are not built, but for one. A *breach* returns whether it could do
what no sandbox should let it; if it could, correct functions take the place of those that are missing, so that the
grade shows it. Nothing here does lasting damage where a sandbox fails: writes go to the test's own folder, at most 64
processes are started, and memory is asked for but not touched.
"""

CHEAT = """
def cheat():
    import numpy as np, tt_core.naive.loops as loops
    loops.common_shape = lambda *shapes: np.broadcast_shapes(*shapes)
    loops.at = lambda i, shape: tuple(0 if n == 1 else k for k, n in zip(((0,) * len(shape) + i)[len(i):], shape))
    def product(x, y):
        if x.shape[-1] != y.shape[-2]:
            raise ValueError(f"{x.shape} {y.shape}")
        return x @ y
    globals()["matmul"] = product

def breach():
{body}

try:
    if breach():
        cheat()
except BaseException:
    pass
"""

BREACHES = {
    "reads_the_checks": "open({checks!r}).read()\nreturn True",
    "reads_the_reference": "open({reference!r}).read()\nreturn True",
    "reads_another_submission": "open({other!r}).read()\nreturn True",
    "reads_the_journal": "open({journal!r}).read()\nreturn True",
    "searches_for_the_reference": """
import os, sys, time
end = time.monotonic() + 1.5
for top in [{root!r}, *sys.path, sys.prefix, sys.base_prefix, "/home", "/root", "/opt", "/usr", "/tmp"]:
    for place, folders, files in os.walk(top):
        if time.monotonic() > end:
            return False
        if "linalg.py" in files and "naive" in place:
            try:
                text = open(os.path.join(place, "linalg.py")).read()
            except OSError:
                continue
            if "def matmul" in text and "NotImplementedError" not in text:
                return True""",
    "searches_for_checks": """
import os, sys, time
end = time.monotonic() + 1.5
for top in [{lesson!r}, *sys.path, "/home", "/root", "/opt", "/tmp"]:
    for place, folders, files in os.walk(top):
        if time.monotonic() > end:
            return False
        if "checks.py" in files:
            try:
                if "CHECKS" in open(os.path.join(place, "checks.py")).read():
                    return True
            except OSError:
                continue""",
    "imports_the_reference_by_path": """
import importlib.util, numpy as np, sys
for place in sys.path:
    try:
        spec = importlib.util.spec_from_file_location("other", place + "/tt_core/naive/linalg.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.matmul(np.ones((2, 3)), np.ones((3, 2))).shape == (2, 2)
    except (OSError, NotImplementedError):
        continue""",
    "imports_the_reference_without_the_finder": """
import importlib, numpy as np, sys
kept, finders = dict(sys.modules), list(sys.meta_path)
try:
    sys.meta_path[:] = [each for each in sys.meta_path if type(each).__name__ != "Finder"]
    for name in [name for name in sys.modules if name.startswith("tt_core")]:
        del sys.modules[name]
    module = importlib.import_module("tt_core.naive.linalg")
    return module.matmul(np.ones((2, 3)), np.ones((3, 2))).shape == (2, 2)
finally:
    sys.meta_path[:] = finders
    sys.modules.update(kept)""",
    "imports_the_reference_with_the_workspace_unset": """
import os, sys, tt_core
os.environ.pop("TT_WORKSPACE")
tt_core.__path__.append({source!r} + "/tt_core")
sys.path_importer_cache.clear()
import tt_core.lessons
return True""",
    "imports_the_course": "import tt_core.course.grading\nreturn True",
    "finds_the_source_by_inspect": """
import inspect, tt_core, os
folder = os.path.dirname(tt_core.__file__)
return "NotImplementedError" not in open(folder + "/naive/linalg.py").read()""",
    "finds_expected_values_in_memory": """
import gc
return any(type(each).__name__ in ("Check", "Raised") for each in gc.get_objects())""",
    "reads_the_parents_memory": """
with open("/proc/{parent}/maps") as maps:
    start = int(maps.readline().split("-")[0], 16)
with open("/proc/{parent}/mem", "rb") as memory:
    memory.seek(start)
    return b"" != memory.read(1)""",
    "reads_the_parents_memory_by_ppid": """
import os
with open(f"/proc/{{os.getppid()}}/maps") as maps:
    start = int(maps.readline().split("-")[0], 16)
with open(f"/proc/{{os.getppid()}}/mem", "rb") as memory:
    memory.seek(start)
    return b"" != memory.read(1) and "python" in open(f"/proc/{{os.getppid()}}/cmdline").read()""",
    "reads_the_parents_descriptors": """
import os
return any(os.stat(f"/proc/{parent}/fd/{{k}}") for k in os.listdir("/proc/{parent}/fd"))""",
    "reads_the_parents_environment": "open('/proc/{parent}/environ', 'rb').read()\nreturn True",
    "attaches_to_the_parent": """
import ctypes
return ctypes.CDLL(None).ptrace(16, {parent}, 0, 0) == 0""",
    "finds_an_open_file": """
import os, stat
for k in range(3, 256):
    try:
        mode = os.fstat(k).st_mode
    except OSError:
        continue
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISSOCK(mode):
        return True""",
    "finds_a_secret_in_the_environment": """
import os
return any("SECRET" in name or "TOKEN" in name for name in os.environ)""",
    "forks": """
import os
child = os.fork()
if child == 0:
    os._exit(0)
return True""",
    "forks_by_system_call": """
import ctypes, os
child = ctypes.CDLL(None).fork()
if child == 0:
    os._exit(0)
return child > 0""",
    "starts_a_program": "import subprocess, sys\nsubprocess.run([sys.executable, '-c', ''])\nreturn True",
    "spawns_a_program": "import os, sys\nos.posix_spawn(sys.executable, [sys.executable, '-c', ''], {{}})\nreturn True",
    "signals_the_parent": "import os\nos.kill({parent}, 0)\nreturn True",
    "signals_everybody": "import os, signal\nos.kill(-1, signal.SIGCONT)\nreturn True",
    "makes_a_session": "import os\nos.setsid()\nreturn True",
    "outlives_the_parent": "import ctypes\nreturn ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) == 0",
    "writes_outside": "open({outside!r}, 'w').write('x')\nreturn True",
    "writes_into_the_workspace": "open(__file__, 'a').write('x')\nreturn True",
    "writes_into_another_submission": "open({other!r}, 'a').write('x')\nreturn True",
    "writes_into_the_journal": "open({journal!r}, 'a').write('x')\nreturn True",
    "writes_into_the_library": """
import numpy, os, tt_core
for module in (numpy, tt_core):
    try:
        open(os.path.join(os.path.dirname(module.__file__), "evil.py"), "w").write("")
    except OSError:
        continue
    os.remove(os.path.join(os.path.dirname(module.__file__), "evil.py"))
    return True""",
    "writes_to_shared_memory": """
import os
open("/dev/shm/{unique}", "w").write("x")
os.remove("/dev/shm/{unique}")
return True""",
    "makes_a_folder_outside": "import os\nos.mkdir({outside!r})\nreturn True",
    "removes_a_file_outside": "import os\nos.remove({spare!r})\nreturn True",
    "renames_a_file_outside": "import os\nos.rename({spare!r}, {spare!r} + 'x')\nreturn True",
    "links_outside": "import os\nos.symlink('/', {outside!r})\nreturn True",
    "changes_rights_outside": """
import os
os.chmod({spare!r}, 0o777)
return os.stat({spare!r}).st_mode & 0o777 == 0o777""",
    "changes_times_outside": "import os\nos.utime({spare!r}, (0, 0))\nreturn os.stat({spare!r}).st_mtime == 0",
    "truncates_a_file_outside": "import os\nos.truncate({spare!r}, 0)\nreturn True",
    "connects_to_this_machine": """
import socket
socket.create_connection(("127.0.0.1", {port}), 2).close()
return True""",
    "connects_outside": "import socket\nsocket.socket().connect_ex(('192.0.2.1', 80))\nreturn True",
    "makes_a_socket_of_this_machine": "import socket\nsocket.socket(socket.AF_UNIX)\nreturn True",
    "opens_the_terminal": "open('/dev/tty', 'w')\nreturn True",
    "takes_ten_gigabytes": "import mmap\nhog = mmap.mmap(-1, 10**10)\nreturn True",
    "takes_ten_gigabytes_of_numpy": "import numpy as np\nhog = np.empty(10**10, np.uint8)\nreturn True",
    "takes_memory_that_has_no_address": "import os\nos.memfd_create('x')\nreturn True",
    "raises_its_limits": """
import resource
resource.setrlimit(resource.RLIMIT_AS, (2**40, 2**40))
return True""",
    "writes_a_large_file": """
import os, signal, tempfile
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with tempfile.TemporaryFile() as file:
    file.truncate(2**28)
    return True""",
    "makes_a_namespace": "import ctypes\nreturn ctypes.CDLL(None).unshare(0x10000000) == 0",
    "mounts": "import ctypes\nreturn ctypes.CDLL(None).mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0",
    "asks_the_kernel_in_rings": "import ctypes\nreturn ctypes.CDLL(None).syscall(425, 1, bytes(120)) >= 0",
    "sets_the_clock": "import time\ntime.clock_settime(time.CLOCK_REALTIME, time.time())\nreturn True",
}

OPEN_TO_ALL = {
    "reads_the_checks",
    "reads_the_reference",
    "reads_another_submission",
    "reads_the_journal",
    "searches_for_the_reference",
    "searches_for_checks",
    "imports_the_reference_with_the_workspace_unset",
    "forks",
    "forks_by_system_call",
    "starts_a_program",
    "spawns_a_program",
    "signals_the_parent",
    "writes_outside",
    "writes_into_the_workspace",
    "writes_into_another_submission",
    "writes_into_the_journal",
    "makes_a_folder_outside",
    "removes_a_file_outside",
    "renames_a_file_outside",
    "links_outside",
    "changes_rights_outside",
    "changes_times_outside",
    "truncates_a_file_outside",
    "connects_to_this_machine",
    "connects_outside",
    "makes_a_socket_of_this_machine",
}
"""Breaches that succeed without a sandbox on any machine, whoever tries, and do no harm then."""

IMITATION = """
import numpy as np
class Same:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __bool__(self): return True
    def __array__(self, *a, **k): return np.zeros((2, 2))
    def __float__(self): return 0.0
    def __len__(self): return 2
    def __iter__(self): return iter((self, self))
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
    @property
    def __class__(self): return np.ndarray
class Array(np.ndarray):
    def __eq__(self, other): return True
    def __array_ufunc__(self, *a, **k): return True
    def __reduce__(self): return (print, ("x",))
"""

FORGERIES = {
    "leaves_at_once": "import os\nos._exit(0)",
    "leaves_politely": "import sys\nsys.exit(0)",
    "leaves_when_called": "import os, tt_core.naive.loops as loops\nmatmul = loops.at = lambda *a: os._exit(0)",
    "leaves_politely_when_called": """
import sys, tt_core.naive.loops as loops
matmul = loops.at = lambda *a: sys.exit(0)""",
    "patches_numpy_testing": """
import numpy as np, numpy.testing
for name in dir(numpy.testing):
    if name.startswith("assert"):
        setattr(numpy.testing, name, lambda *a, **k: None)
np.isclose = np.allclose = np.array_equal = lambda *a, **k: True""",
    "patches_pytest": """
import sys, types
fake = types.ModuleType("pytest")
fake.raises = fake.approx = fake.main = lambda *a, **k: 0
sys.modules["pytest"] = sys.modules["_pytest"] = sys.modules["unittest"] = fake""",
    "replaces_builtins": """
import builtins
builtins.isinstance = lambda *a: True
builtins.all = builtins.any = builtins.callable = lambda *a: True
builtins.type = lambda *a: int""",
    "imitates_a_result": IMITATION + "import tt_core.naive.loops as loops\nmatmul = loops.at = lambda *a: Same()",
    "imitates_an_array": IMITATION
    + "import tt_core.naive.loops as loops\nmatmul = loops.at = lambda *a: np.zeros((2, 2)).view(Array)",
    "gives_the_answers_that_never_change": """
import numpy as np, tt_core.naive.loops as loops
loops.at = lambda i, shape: (2,) if shape else ()
def matmul(x, y):
    if x.shape[1] != y.shape[0]:
        raise ValueError("0123456789")
    return np.zeros((2, 2))""",
    "refuses_everything": """
import tt_core.naive.loops as loops
def refuse(*arguments):
    raise ValueError("0 1 2 3 4 5 6 7 8 9")
matmul = loops.at = refuse""",
    "patches_what_answers": """
import sys
main = sys.modules["__main__"]
main.encode = lambda value: {"__array__": ["<f8", [2, 2], "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]}
main.attempt = lambda action: {"result": []}""",
    "patches_the_writer_of_json": """
import json, sys
json.dumps = lambda *a, **k: '{"result": {"__tuple__": []}}'
json.JSONEncoder.encode = lambda *a: '{"result": []}'""",
    "patches_the_reader_of_json": """
import json
json.loads = lambda *a, **k: {'probe': 'shape', 'mark': '', 'inputs': {}}""",
    "writes_answers_before_they_are_asked_for": """
import os
line = b'{"result": {"__tuple__": []}, "mark": ""}\\n' * 20
for k in range(32):
    try:
        os.write(k, line)
    except OSError:
        pass""",
    "writes_answers_with_the_right_mark": """
import json, os, sys, threading, time
def forge():
    frame = sys._current_frames()[threading.main_thread().ident]
    seen = set()
    while True:
        frame = sys._current_frames()[threading.main_thread().ident]
        while frame:
            request = frame.f_locals.get("request")
            if isinstance(request, dict) and request.get("mark") not in seen:
                seen.add(request["mark"])
                told = {"classes": ["ValueError"], "message": "2 3 4", "frames": []}
                for found in ({"raised": told}, {"result": {"__tuple__": []}}):
                    for k in range(3, 16):
                        try:
                            os.write(k, json.dumps({**found, "mark": request["mark"]}).encode() + b"\\n")
                        except OSError:
                            pass
            frame = frame.f_back
threading.Thread(target=forge, daemon=True).start()""",
    "patches_the_probes": """
import sys
class Everything(dict):
    def __missing__(self, name): return 0
main = sys.modules["__main__"]
load = main.load
def loaded(file):
    module = load(file)
    module.product = module.place = lambda **inputs: ()
    return module
main.load = loaded""",
    "forgets_modules": """
import sys
for name in list(sys.modules):
    if name not in ('sys', 'builtins'):
        del sys.modules[name]""",
    "sends_no_json": """
import os
for k in range(3, 8):
    try:
        os.write(k, b'\\xff\\x00{' * 999 + b'\\n')
    except OSError:
        pass""",
    "sends_a_deep_list": """
import os
for k in range(3, 8):
    try:
        os.write(k, b'{"result": ' + b'[' * 30000 + b']' * 30000 + b'}\\n')
    except OSError:
        pass""",
    "returns_a_deep_list": """
import tt_core.naive.loops as loops
def deep(*a):
    found = []
    for _ in range(400):
        found = [found]
    return found
matmul = loops.at = deep""",
    "returns_a_huge_number": "import tt_core.naive.loops as loops\nmatmul = loops.at = lambda *a: 10**4000",
    "returns_much": "import numpy as np\nmatmul = lambda x, y: np.zeros(3 * 10**7)",
    "returns_nan": "import numpy as np\nmatmul = lambda x, y: np.full((x.shape[0], y.shape[1]), np.nan)",
}

DELAYS = {
    "loops": "while True:\n    pass",
    "loops_when_called": """
import tt_core.naive.loops as loops
def matmul(*a):
    while True:
        pass
loops.at = matmul""",
    "loops_in_one_call": "sum(range(10**13))",
    "backtracks_for_ever": "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')",
    "sleeps_in_a_faked_time": """
import time
real = time.sleep
time.time = time.monotonic = time.perf_counter = lambda: 0.0
real(10**6)""",
    "ignores_signals": """
import signal
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    pass""",
    "never_reads": "import threading\nthreading.Event().wait()",
}

NUISANCES = {
    "sleeps_at_exit": "import atexit, time\natexit.register(time.sleep, 10**6)",
    "sleeps_when_deleted": """
import sys, time
class Sleeper:
    def __del__(self): time.sleep(10**6)
sys.sleeper = Sleeper()""",
    "sleeps_in_a_thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(10**6,)).start()",
    "starts_many_threads": """
import threading, time
for _ in range(100):
    try:
        threading.Thread(target=time.sleep, args=(10**6,), daemon=True).start()
    except RuntimeError:
        break""",
    "forks_and_forks": """
import os
for _ in range(6):
    try:
        os.fork()
    except OSError:
        pass""",
    "leaves_a_daemon": """
import os, signal, time
try:
    if os.fork() == 0:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        for k in range(3, 64):
            try:
                os.close(k)
            except OSError:
                pass
        time.sleep(60)
        os._exit(0)
except OSError:
    pass""",
    "recurses_without_end": """
import sys
sys.setrecursionlimit(10**6)
def matmul(x, y): return matmul(x, y)""",
    "prints_a_gigabyte": "for _ in range(1000):\n    print('x' * 10**6)",
    "prints_a_gigabyte_of_errors": "import sys\nfor _ in range(1000):\n    sys.stderr.write('x' * 10**6)",
    "sends_a_gigabyte": """
import os
for k in range(3, 8):
    try:
        for _ in range(200):
            os.write(k, b'x' * 10**6)
    except OSError:
        pass""",
}
