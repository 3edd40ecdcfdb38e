package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What a recording knows of arrays, so that nothing is computed twice, whoever asks: the energy of a batch, or the
 * log-density of samples, which is known from sampling them.
 *
 * <p>A fact is the value of one function at one array, as the function's parameters are at that place of the program. It is
 * forgotten where the array or a parameter has been changed since, in a gradient with respect to one, and in a loop that began later.
 * On ordinary arrays nothing is kept.
 */
public final class Known {
    private final Recorder recorder;
    private final List<Fact> facts = new ArrayList<>();
    private final Map<Value, Integer> changes = new HashMap<>();
    private int elsewhere; // changes of arrays that may be views of any other

    Known(Recorder recorder) {
        this.recorder = recorder;
    }

    /** The value of {@code owner} at {@code at}: there, or to be computed when it is first asked for. */
    private record Fact(Object owner, Value at, Frame frame, int changes, NDArray value, Supplier<NDArray> later) {}

    /**
     * The value of the function {@code owner} at {@code at}: the one that is known, or {@code compute}'s.
     *
     * @param owner by its identity
     * @param reads the arrays that the value depends on besides {@code at}: parameters
     */
    public static NDArray once(Object owner, NDList reads, NDArray at, Supplier<NDArray> compute) {
        Recorder recorder = Recorder.of(at);
        return recorder == null ? compute.get() : recorder.known.value(owner, reads, at, compute);
    }

    /** Tells the recording, if {@code at} belongs to one, how the value of {@code owner} there can be had cheaply. */
    public static void remember(Object owner, NDList reads, NDArray at, Supplier<NDArray> value) {
        Recorder recorder = Recorder.of(at);
        if (recorder != null) {
            recorder.known.add(owner, reads, at, null, value);
        }
    }

    /** Notes that the program changes {@code value} here; one that was computed may be a view of another. */
    void changed(Value value, boolean computed) {
        changes.merge(value, 1, Integer::sum);
        elsewhere += computed ? 1 : 0;
    }

    private NDArray value(Object owner, NDList reads, NDArray at, Supplier<NDArray> compute) {
        Value place = RecordingArray.of(at).value;
        int now = changes(place, reads);
        for (int i = facts.size() - 1; i >= 0; i--) {
            Fact fact = facts.get(i);
            if (fact.owner == owner
                    && fact.at == place
                    && fact.changes == now
                    && recorder.holdsHere(fact.frame, place, reads)) {
                return fact.value != null ? fact.value : add(owner, reads, at, fact.later.get(), null);
            }
        }
        return add(owner, reads, at, compute.get(), null);
    }

    private NDArray add(Object owner, NDList reads, NDArray at, NDArray value, Supplier<NDArray> later) {
        Value place = RecordingArray.of(at).value;
        facts.add(new Fact(owner, place, recorder.frame(), changes(place, reads), value, later));
        return value;
    }

    /** How often the argument, what the function reads, or anything of which that is not known has been changed. */
    private int changes(Value place, NDList reads) {
        int sum = elsewhere + changes.getOrDefault(place, 0);
        for (NDArray array : reads) {
            Value value = recorder.capturedValue(array);
            sum += value == null ? 0 : changes.getOrDefault(value, 0);
        }
        return sum;
    }
}
