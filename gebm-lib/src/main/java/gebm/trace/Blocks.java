package gebm.trace;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.Map;

/** Runs DJL blocks as functions of their parameters. */
public final class Blocks {
    private Blocks() {}

    /**
     * What {@code block} computes from {@code inputs}, with the arrays of {@code parameters} in place of its own.
     *
     * @param parameters an array for each parameter of the block; running statistics among them change in training
     * @param training whether the block behaves as in training
     * @throws IllegalStateException outside a recording
     */
    public static NDList forward(Block block, Map<Parameter, NDArray> parameters, NDList inputs, boolean training) {
        Recorder recorder = Recorder.current();
        if (recorder == null) {
            throw new IllegalStateException("a block runs inside a program: call this from the function of a Program");
        }
        return block.forward(new RecordedParameters(recorder, parameters), inputs, training);
    }

    private static final class RecordedParameters extends ParameterStore {
        private final Recorder recorder;
        private final Map<Parameter, NDArray> arrays;

        RecordedParameters(Recorder recorder, Map<Parameter, NDArray> arrays) {
            super(recorder.constants(), false);
            this.recorder = recorder;
            this.arrays = arrays;
        }

        @Override
        public NDArray getValue(Parameter parameter, Device device, boolean training) {
            if (parameter == null) {
                return null; // a layer without bias asks for one all the same
            }
            NDArray array = arrays.get(parameter);
            if (array == null) {
                throw new IllegalArgumentException("no array was given for the parameter " + parameter.getName());
            }
            return recorder.array(recorder.valueOf(array));
        }

        @Override
        public NDManager getManager() {
            return recorder.manager();
        }
    }
}
