package gebm.trace;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Moves small pure operations that give the same in every step of a loop in front of the loop. */
final class Hoisting {
    private static final Set<String> PURE =
            Set.of("torch.add", "torch.sub", "torch.mul", "torch.sum", "torch.t", "torch.neg", "torch.ones_like");

    private final Map<Value, Value> roots;
    private final Map<Value, List<?>> lists = new HashMap<>(); // a list stands for its members

    private Hoisting(Map<Value, Value> roots) {
        this.roots = roots;
    }

    /** {@code graph} with such operations moved. */
    static Graph applyTo(Graph graph) {
        Hoisting hoisting = new Hoisting(graph.roots());
        return new Graph(graph.inputs(), hoisting.block(graph.nodes()), graph.results());
    }

    private List<Node> block(List<Node> nodes) {
        List<Node> result = new ArrayList<>();
        for (Node node : nodes) {
            if (node instanceof Node.Loop loop) {
                loop(loop.withBody(block(loop.body())), result);
            } else {
                result.add(node);
            }
        }
        return result;
    }

    private void loop(Node.Loop loop, List<Node> before) {
        Set<Value> inside = new HashSet<>(loop.parameters());
        inside.add(loop.index());
        Set<Value> changed = new HashSet<>();
        loop.body().forEach(node -> note(node, inside, changed));
        List<Node> body = new ArrayList<>();
        for (Node node : loop.body()) {
            if (node instanceof Node.Call call && PURE.contains(call.target()) && stays(call, inside, changed)) {
                before.add(call);
                inside.removeAll(call.outputs());
            } else {
                body.add(node);
            }
        }
        before.add(loop.withBody(body));
    }

    /** Collects what {@code node} defines, and the memory that it changes. */
    private void note(Node node, Set<Value> inside, Set<Value> changed) {
        if (node instanceof Node.Call call) {
            inside.addAll(call.outputs());
            if (call.target().equals("{0}") && call.args().get(0) instanceof List<?> members) {
                lists.put(call.outputs().get(0), members);
            }
            if (call.effect()) {
                change(call.args(), changed);
            }
        } else if (node instanceof Node.Loop loop) {
            inside.addAll(loop.outputs());
            loop.body().forEach(inner -> note(inner, inside, changed));
        } else if (node instanceof Node.Gradient gradient) {
            inside.addAll(gradient.values());
            inside.addAll(gradient.gradients());
            gradient.body().forEach(inner -> note(inner, inside, changed));
        }
    }

    private void change(Object argument, Set<Value> changed) {
        if (argument instanceof Value value) {
            changed.add(roots.getOrDefault(value, value));
            change(lists.get(value), changed);
        } else if (argument instanceof List<?> items) {
            items.forEach(item -> change(item, changed));
        }
    }

    private boolean stays(Node.Call call, Set<Value> inside, Set<Value> changed) {
        for (Object argument : call.args()) {
            if (argument instanceof Value value
                    && (inside.contains(value) || changed.contains(roots.getOrDefault(value, value)))) {
                return false;
            }
        }
        return true;
    }
}
