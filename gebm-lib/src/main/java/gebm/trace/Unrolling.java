package gebm.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Writes a loop of a known, small number of steps as the operations of its steps, which have derivative rules. */
final class Unrolling {
    private static final long LIMIT = 2000; // operations; a longer loop is differentiated by the engine

    private final Renaming names = new Renaming();
    private final Facts facts;
    private final Supplier<Value> newValue;
    private final List<Node> out = new ArrayList<>();

    private Unrolling(Facts facts, Supplier<Value> newValue) {
        this.facts = facts;
        this.newValue = newValue;
    }

    /** The steps of {@code loop}, one after the other, or null where their number or kind does not allow it. */
    static List<Node> of(Node.Loop loop, Facts facts, Supplier<Value> newValue) {
        boolean calls = loop.body().stream().allMatch(node -> node instanceof Node.Call call && !call.effect());
        if (!calls || !(loop.start() instanceof Long start) || !(loop.end() instanceof Long end)) {
            return null;
        }
        if (end <= start || (end - start) * loop.body().size() > LIMIT) {
            return null;
        }
        Unrolling unrolling = new Unrolling(facts, newValue);
        unrolling.write(loop, start, end);
        return unrolling.out;
    }

    private void write(Node.Loop loop, long start, long end) {
        List<Object> state = loop.arguments();
        for (long step = start; step < end; step++) {
            names.put(loop.index(), step);
            for (int i = 0; i < state.size(); i++) {
                names.put(loop.parameters().get(i), state.get(i));
            }
            for (Node node : loop.body()) {
                write((Node.Call) node);
            }
            state = names.list(loop.results());
        }
        for (int i = 0; i < state.size(); i++) {
            out.add(Node.same(loop.outputs().get(i), state.get(i), loop.site()));
        }
    }

    private void write(Node.Call call) {
        List<Value> outputs = new ArrayList<>();
        for (Value output : call.outputs()) {
            Value fresh = newValue.get();
            facts.same(fresh, output);
            outputs.add(fresh);
        }
        List<Object> args = names.list(call.args());
        for (int i = 0; i < outputs.size(); i++) {
            names.put(call.outputs().get(i), outputs.get(i));
        }
        out.add(new Node.Call(call.target(), args, List.copyOf(outputs), false, call.site()));
    }
}
