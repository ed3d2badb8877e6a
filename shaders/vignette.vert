#version 330
// A dark ring around what an eye looks at straight ahead, while the world is moved: most of what makes people sick of
// it is seen from the corners of the eyes.
uniform mat4 p3d_ProjectionMatrix;

in vec4 p3d_Vertex;             // the picture's corners, -1 to 1
out vec2 slope;                 // tangents of the angles from straight ahead

void main() {
    slope = vec2((p3d_Vertex.x + p3d_ProjectionMatrix[2][0]) / p3d_ProjectionMatrix[0][0],
                 (p3d_Vertex.y + p3d_ProjectionMatrix[2][1]) / p3d_ProjectionMatrix[1][1]);
    gl_Position = vec4(p3d_Vertex.xy, 0.0, 1.0);
}
