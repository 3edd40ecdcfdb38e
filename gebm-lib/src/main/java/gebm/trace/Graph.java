package gebm.trace;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A recorded program: its inputs in order, its nodes and its results. Passes return new graphs.
 *
 * @param inputs values handed in at each call; the first is the key
 */
record Graph(List<Value> inputs, List<Node> nodes, List<Value> results) {
    /** Operations whose result may share memory with their first argument. */
    private static final Set<String> VIEWS = Set.of(
            "{0}",
            "torch.type_as",
            "torch.t",
            "torch.sum_to_size",
            "torch.reshape",
            "torch.view",
            "torch.select",
            "torch.slice",
            "torch.expand",
            "torch.expand_as",
            "torch.permute",
            "torch.transpose",
            "torch.squeeze",
            "torch.unsqueeze",
            "torch.flatten",
            "torch.detach",
            "torch.alias",
            "torch.to",
            "torch.diagonal",
            "torch.real",
            "torch.conj",
            "torch.contiguous",
            "torch.tensor_split",
            "{0}[{1}]",
            "torch.cat",
            "torch.movedim",
            "torch.chunk",
            "torch.view_as_real",
            "torch.view_as_complex");

    /** This graph without what neither a result nor an effect needs. */
    Graph withoutDeadCode() {
        Set<Value> live = new HashSet<>(results);
        return new Graph(inputs, live(nodes, live), results);
    }

    /** The inputs that a node or a result of this graph reads. */
    Set<Value> read() {
        Set<Value> live = new HashSet<>(results);
        live(nodes, live);
        return live;
    }

    private static List<Node> live(List<Node> nodes, Set<Value> live) {
        List<Node> kept = new ArrayList<>();
        for (int i = nodes.size() - 1; i >= 0; i--) {
            Node node = liveOrNull(nodes.get(i), live);
            if (node != null) {
                kept.add(node);
            }
        }
        Collections.reverse(kept);
        return kept;
    }

    private static Node liveOrNull(Node node, Set<Value> live) {
        if (node instanceof Node.Call call) {
            if (!call.effect() && Collections.disjoint(call.outputs(), live)) {
                return null;
            }
            read(call.args(), live);
            return call;
        }
        if (node instanceof Node.BreakIf stop) {
            read(stop.condition(), live);
            return stop;
        }
        if (node instanceof Node.Loop loop) {
            if (Collections.disjoint(loop.outputs(), live) && !hasEffect(loop.body())) {
                return null;
            }
            read(loop.results(), live);
            List<Node> body = live(loop.body(), live);
            read(loop.initial(), live);
            read(loop.start(), live);
            read(loop.end(), live);
            return loop.withBody(body);
        }
        Node.Gradient gradient = (Node.Gradient) node;
        boolean wanted =
                !Collections.disjoint(gradient.gradients(), live) || !Collections.disjoint(gradient.values(), live);
        if (!wanted && !hasEffect(gradient.body())) {
            return null;
        }
        read(gradient.total(), live);
        read(gradient.extras(), live);
        List<Node> body = live(gradient.body(), live);
        read(gradient.wrt(), live);
        return gradient.withBody(body);
    }

    private static boolean hasEffect(List<Node> nodes) {
        for (Node node : nodes) {
            boolean effect = node instanceof Node.Call call && call.effect()
                    || node instanceof Node.Loop loop && hasEffect(loop.body())
                    || node instanceof Node.Gradient gradient && hasEffect(gradient.body());
            if (effect) {
                return true;
            }
        }
        return false;
    }

    private static void read(Object argument, Set<Value> live) {
        if (argument instanceof Value value) {
            live.add(value);
        } else if (argument instanceof List<?> list) {
            list.forEach(item -> read(item, live));
        } else if (argument instanceof Node.Named named) {
            read(named.value(), live);
        }
    }

    /** The values that may share memory with an input: a result among them must be copied before it is returned. */
    Set<Value> sharedWithInputs() {
        Set<Value> shared = new HashSet<>(inputs);
        share(nodes, shared);
        return shared;
    }

    private static void share(List<Node> nodes, Set<Value> shared) {
        for (Node node : nodes) {
            if (node instanceof Node.Call call) {
                boolean view = VIEWS.contains(call.target()) || call.target().endsWith("_");
                if (view && !call.args().isEmpty() && contains(call.args().get(0), shared)) {
                    shared.addAll(call.outputs());
                }
            } else if (node instanceof Node.Loop loop) {
                for (int i = 0; i < loop.outputs().size(); i++) {
                    if (contains(loop.initial().get(i), shared)) {
                        shared.add(loop.parameters().get(i));
                        shared.add(loop.outputs().get(i));
                    }
                }
                share(loop.body(), shared);
                for (int i = 0; i < loop.outputs().size(); i++) {
                    if (contains(loop.results().get(i), shared)) {
                        shared.add(loop.outputs().get(i));
                    }
                }
            } else if (node instanceof Node.Gradient gradient) {
                for (int i = 0; i < gradient.wrt().size(); i++) {
                    if (contains(gradient.wrt().get(i), shared)) {
                        shared.add(gradient.parameters().get(i));
                    }
                }
                share(gradient.body(), shared);
                for (int i = 0; i < gradient.values().size(); i++) {
                    if (contains(gradient.extras().get(i), shared)) {
                        shared.add(gradient.values().get(i));
                    }
                }
            }
        }
    }

    /** For a value that may share memory with another one, that other one, as far back as it goes. */
    Map<Value, Value> roots() {
        Map<Value, Value> roots = new HashMap<>();
        roots(nodes, roots);
        return roots;
    }

    private static void roots(List<Node> nodes, Map<Value, Value> roots) {
        for (Node node : nodes) {
            if (node instanceof Node.Call call) {
                boolean view = VIEWS.contains(call.target()) || call.target().endsWith("_");
                if (view && !call.args().isEmpty()) {
                    call.outputs().forEach(output -> root(output, call.args().get(0), roots));
                }
            } else if (node instanceof Node.Loop loop) {
                for (int i = 0; i < loop.parameters().size(); i++) {
                    root(loop.parameters().get(i), loop.initial().get(i), roots);
                    root(loop.outputs().get(i), loop.initial().get(i), roots);
                }
                roots(loop.body(), roots);
            } else if (node instanceof Node.Gradient gradient) {
                for (int i = 0; i < gradient.parameters().size(); i++) {
                    root(gradient.parameters().get(i), gradient.wrt().get(i), roots);
                }
                roots(gradient.body(), roots);
            }
        }
    }

    private static void root(Value value, Object of, Map<Value, Value> roots) {
        if (of instanceof Value other) {
            roots.put(value, roots.getOrDefault(other, other));
        }
    }

    /** Adds up how often each value is read. */
    void countUses(Map<Value, Integer> uses) {
        countUses(nodes, uses);
        count(results, uses);
    }

    private static void countUses(List<Node> nodes, Map<Value, Integer> uses) {
        for (Node node : nodes) {
            if (node instanceof Node.Call call) {
                count(call.args(), uses);
            } else if (node instanceof Node.BreakIf stop) {
                count(stop.condition(), uses);
            } else if (node instanceof Node.Loop loop) {
                count(List.of(loop.initial(), loop.results(), loop.start(), loop.end()), uses);
                countUses(loop.body(), uses);
            } else if (node instanceof Node.Gradient gradient) {
                count(List.of(gradient.wrt(), gradient.total(), gradient.extras()), uses);
                countUses(gradient.body(), uses);
            }
        }
    }

    private static void count(Object argument, Map<Value, Integer> uses) {
        if (argument instanceof Value value) {
            uses.merge(value, 1, Integer::sum);
        } else if (argument instanceof List<?> items) {
            items.forEach(item -> count(item, uses));
        } else if (argument instanceof Node.Named named) {
            count(named.value(), uses);
        }
    }

    private static boolean contains(Object argument, Set<Value> values) {
        return argument instanceof Value value && values.contains(value)
                || argument instanceof List<?> list && list.stream().anyMatch(item -> contains(item, values));
    }
}
