package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import gebm.core.Rng;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The library's own functions of arrays: written into the recording at hand, or run as a small program that is kept.
 *
 * <p>At most {@value #KEPT} such programs are kept; the one used longest ago goes first.
 */
final class Calls {
    private static final int KEPT = 512;
    private static final Map<List<Object>, Program> PROGRAMS = recent(KEPT, dropped -> {});

    private Calls() {}

    /** A map of which the {@code most} entries stay that were used last; {@code drop} hears of the others' values. */
    static <V> Map<List<Object>, V> recent(int most, Consumer<V> drop) {
        return new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<List<Object>, V> eldest) {
                if (size() > most) {
                    drop.accept(eldest.getValue());
                }
                return size() > most;
            }
        };
    }

    /** The place of an array in an argument list. */
    private record Operand(int index) {}

    /** {@code target(args…)}; arrays among the arguments are operands, all else is written as it is. */
    static NDArray call(String target, Object... args) {
        Body body = (recorder, filled) -> new NDList(recorder.array(recorder.call(target, filled)));
        return run(target, body, Arrays.asList(args)).singletonOrThrow();
    }

    /** {@code target(args…)} of an operation that returns a tuple of {@code count} arrays. */
    static NDList tuple(int count, String target, Object... args) {
        Body body = (recorder, filled) -> recorder.arrays(recorder.tuple(count, target, filled));
        return run(target, body, Arrays.asList(args));
    }

    /**
     * {@code body} of recorded arrays that stand for {@code arrays}; {@code options} are what else it depends on.
     */
    static NDList composedList(String name, List<?> options, NDList arrays, Function<NDList, NDList> body) {
        Recorder recorder = recorderOf(arrays);
        if (recorder != null) {
            NDList recorded = new NDList();
            arrays.forEach(array -> recorded.add(recorder.array(recorder.valueOf(array))));
            return body.apply(recorded);
        }
        return run(kept(List.of(name, options), () -> Program.ofList(body)), arrays);
    }

    /** {@code body} with one result. */
    static NDArray composed(String name, List<?> options, NDList arrays, Function<NDList, NDArray> body) {
        return composedList(name, options, arrays, list -> new NDList(body.apply(list)))
                .singletonOrThrow();
    }

    /** {@code body} of one array. */
    static NDArray composed(String name, List<?> options, NDArray x, Function<NDArray, NDArray> body) {
        return composed(name, options, new NDList(x), list -> body.apply(list.singletonOrThrow()));
    }

    /** The recording of any of {@code arrays}, else the one that this thread is writing, or null. */
    static Recorder recorderOf(List<NDArray> arrays) {
        for (NDArray array : arrays) {
            Recorder recorder = Recorder.of(array);
            if (recorder != null) {
                return recorder;
            }
        }
        return Recorder.current();
    }

    /** The program that was kept under {@code key}, or a new one. */
    static Program kept(List<Object> key, Supplier<Program> make) {
        synchronized (PROGRAMS) {
            return PROGRAMS.computeIfAbsent(key, absent -> make.get());
        }
    }

    /** {@code numbers} as a list, which can be part of a key. */
    static List<Integer> list(int... numbers) {
        return Arrays.stream(numbers).boxed().toList();
    }

    private interface Body {
        NDList write(Recorder recorder, Object[] args);
    }

    private static NDList run(String target, Body body, List<?> args) {
        NDList arrays = new NDList();
        List<Object> template = template(args, arrays);
        Recorder recorder = recorderOf(arrays);
        if (recorder != null) {
            return body.write(recorder, args.toArray());
        }
        Program program = kept(
                List.of(target, template),
                () -> Program.ofList(operands -> body.write(
                        recorderOf(operands), filled(template, operands).toArray())));
        return run(program, arrays);
    }

    private static NDList run(Program program, NDList arrays) {
        return run(program, arrays.head().getManager(), arrays, Rng.of(0));
    }

    /** An error names the line where the program was recorded first; here the stack tells the line that counts. */
    static NDList run(Program program, NDManager scope, NDList arrays, Rng rng) {
        try {
            return program.run(scope, arrays, rng);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(e.getMessage().split("\n  in ")[0], e);
        }
    }

    private static List<Object> template(List<?> args, NDList arrays) {
        List<Object> template = new ArrayList<>();
        for (Object argument : args) {
            if (argument instanceof NDArray array) {
                template.add(new Operand(arrays.size()));
                arrays.add(array);
            } else {
                template.add(argument instanceof List<?> items ? template(items, arrays) : argument);
            }
        }
        return template;
    }

    private static List<Object> filled(List<?> template, NDList operands) {
        List<Object> args = new ArrayList<>();
        for (Object argument : template) {
            if (argument instanceof Operand operand) {
                args.add(operands.get(operand.index()));
            } else {
                args.add(argument instanceof List<?> items ? filled(items, operands) : argument);
            }
        }
        return args;
    }
}
