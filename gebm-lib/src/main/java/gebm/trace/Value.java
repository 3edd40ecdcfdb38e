package gebm.trace;

/** One result of one operation in a graph; equal only to itself. */
final class Value {
    final int id;
    final Frame frame;

    Value(int id, Frame frame) {
        this.id = id;
        this.frame = frame;
    }

    @Override
    public String toString() {
        return "v" + id;
    }
}
